// @ts-check
/** The panels of the toolbar with values to be set: slab, fusion, cine. */

import { chosenAxes, chosenSpeeds, isOverTime, toggleCine } from './commands.js';
import { colormapName, swatch } from './choices.js';
import { el, fill } from './dom.js';
import { choice, slider } from './forms.js';
import { chooseLayer, chosenPlace, layerNames } from './layers.js';
import { closePanel } from './popovers.js';
import { canBeAdded, change, figure, seriesOf, showSeries, shownState } from './shown.js';
import { activeCell, app, send } from './state.js';

/** @typedef {import('./popovers.js').Content} Content */

const SLAB_MODES = /** @type {const} */ ([
    ['maximum', 'Maximum'],
    ['average', 'Average'],
    ['minimum', 'Minimum'],
]);
const CINE_AXES = /** @type {const} */ ([
    ['slices', 'Slices'],
    ['time', 'Time'],
]);
const MOST_MM = 100;
const MOST_FRAMES = 60;
const USUAL_FRAMES = 15;

/** @returns {Content} */
export function slabPanel() {
    const thickness = slider({
        label: 'Slab thickness',
        unit: 'mm',
        min: 0,
        max: MOST_MM,
        step: 0.5,
        value: shownState()?.slabMm ?? 0,
        onValue: (slabMm) => change({ slabMm }),
    });
    const blend = choice('Blend', SLAB_MODES, (slabMode) => change({ slabMode }));
    const refresh = () => {
        const state = shownState();
        thickness.show(state?.slabMm ?? 0);
        blend.show(state?.slabMode ?? '');
    };
    refresh();
    const none = el('p', { class: 'soft' }, '0 mm is the plane alone.');
    return {
        children: [el('div', { class: 'adjust' }, thickness.element, none, blend.element)],
        focus: thickness.input,
        refresh,
    };
}

/** @returns {Content} */
export function fusionPanel() {
    const opacity = slider({
        label: 'Opacity of the upper',
        unit: '%',
        min: 0,
        max: 100,
        step: 1,
        value: 50,
        onValue: (percent) => change({ opacity: percent / 100 }),
    });
    const layers = el('ol', { class: 'layers', 'aria-label': 'Images over each other, the lowest first' });
    const target = el('div');
    const more = el('div', { class: 'more-layers' });
    let drawn = '';
    /** @type {((place: string) => void)|undefined} */
    let showTarget;
    const refresh = () => {
        const state = shownState();
        const last = state?.layers.at(-1);
        const isFused = (state?.layers.length ?? 0) > 1;
        opacity.element.hidden = !isFused;
        if (last) {
            opacity.show(Math.round(last.opacity * 100));
        }
        const now = JSON.stringify(state?.layers.map(({ series, colormap }) => [series, colormap]) ?? []);
        if (now !== drawn) {
            drawn = now;
            fill(layers, ...(state?.layers ?? []).map(layerLine));
            fill(more, ...addable(isFused));
            const made = targetChoice(state);
            fill(target, made?.element);
            showTarget = made?.show;
        }
        if (state) {
            showTarget?.(chosenPlace(state));
        }
    };
    refresh();
    return { children: [el('div', { class: 'adjust' }, layers, target, opacity.element, more)], refresh };
}

/** @param {import('./messages.js').CellState|null} state @returns {ReturnType<typeof choice>|null} Null if there is none. */
function targetChoice(state) {
    if (!state || state.layers.length < 2) {
        return null;
    }
    const names = layerNames(state).map((name, place) => /** @type {[string, string]} */ ([String(place), name]));
    return choice('Window and colours of', names, (place) => chooseLayer(state, Number(place)));
}

/** @param {import('./messages.js').Layer} layer @returns {HTMLElement} */
function layerLine({ series, colormap }) {
    const found = seriesOf(series);
    return el(
        'li',
        {},
        swatch(colormap),
        el('span', { class: 'layer-title' }, `${found?.modality ?? ''} ${found?.title ?? ''}`.trim()),
        el('span', { class: 'soft' }, colormapName(colormap)),
    );
}

/** @param {boolean} isFused @returns {import('./dom.js').Child[]} */
function addable(isFused) {
    const cell = activeCell();
    const fitting = (app.welcome?.series ?? []).filter(canBeAdded);
    if (!cell?.state) {
        return [];
    }
    const again =
        isFused &&
        el(
            'button',
            {
                type: 'button',
                class: 'wide-button',
                onclick: () => {
                    const lowest = cell.state?.series;
                    if (lowest !== undefined) {
                        showSeries(cell.index, lowest);
                        closePanel();
                    }
                },
            },
            'Show the lowest alone',
        );
    if (fitting.length === 0) {
        return [
            again,
            !isFused && el('p', { class: 'soft' }, 'There is no other volume in the same space to lay over this one.'),
        ];
    }
    return [
        el('h3', {}, 'Lay over it'),
        ...fitting.map(({ number, modality, title }) =>
            el(
                'button',
                { type: 'button', class: 'wide-button', onclick: () => showSeries(cell.index, number, true) },
                `${modality} ${title}`.trim(),
            ),
        ),
        again,
    ];
}

/** @returns {Content} */
export function cinePanel() {
    const speed = slider({
        label: 'Speed',
        unit: 'frames/s',
        min: 1,
        max: MOST_FRAMES,
        step: 1,
        value: chosenSpeeds.get(shownState()?.series ?? -1) ?? USUAL_FRAMES,
        onValue: (framesPerSecond) => {
            const cell = activeCell();
            if (cell?.state) {
                chosenSpeeds.set(cell.state.series, framesPerSecond);
                if (cell.state.framesPerSecond > 0) {
                    send({ type: 'Cine', cell: cell.index, framesPerSecond, isOverTime: isOverTime(cell.state) });
                }
            }
        },
    });
    const axis = choice('Run through', CINE_AXES, (chosen) => {
        const cell = activeCell();
        if (cell?.state) {
            const { series, framesPerSecond } = cell.state;
            chosenAxes.set(series, chosen === 'time');
            if (framesPerSecond > 0) {
                send({ type: 'Cine', cell: cell.index, framesPerSecond, isOverTime: isOverTime(cell.state) });
            }
        }
    });
    const run = el('button', { type: 'button', class: 'wide-button', onclick: () => toggleCine() });
    const refresh = () => {
        const state = shownState();
        const running = state?.framesPerSecond ?? 0;
        axis.element.hidden = (state?.numberOfTimePoints ?? 1) < 2;
        axis.show(state && isOverTime(state) ? 'time' : 'slices');
        if (running > 0) {
            speed.show(Math.round(running));
        }
        fill(run, running > 0 ? `Stop (${figure(running)} frames/s)` : 'Run');
    };
    refresh();
    return { children: [el('div', { class: 'adjust' }, axis.element, speed.element, run)], focus: speed.input, refresh };
}

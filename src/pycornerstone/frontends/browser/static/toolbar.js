// @ts-check
/** The toolbar: what every view is used with, reachable by one press of Tab and the arrow keys. */

import { cinePanel, fusionPanel, slabPanel } from './adjustments.js';
import * as choices from './choices.js';
import * as does from './commands.js';
import { byId, el, fill } from './dom.js';
import { startHelp } from './help.js';
import { icon } from './icons.js';
import { chosenLayer } from './layers.js';
import { attachMenu } from './menus.js';
import { toggleMetadata } from './metadata-panel.js';
import { attachPanel, backToImages, refreshPanel } from './popovers.js';
import { toggleSeriesPanel } from './series-panel.js';
import { shownSeries, shownState } from './shown.js';
import { app, emit, on, send, setTool } from './state.js';
import { copyPython, savePicture } from './take-away.js';
import { timePanel } from './time-panel.js';

/** @typedef {import('./icons.js').IconName} IconName */
/** @typedef {import('./messages.js').CellState} CellState */

/** Tools: their names, what they are called, the key. @type {readonly (readonly [IconName, string, string?])[][]} */
const TOOLS = [
    [
        ['window', 'Window', 'W'],
        ['pan', 'Pan', 'P'],
        ['zoom', 'Zoom', 'Z'],
        ['scroll', 'Scroll', 'S'],
        ['crosshairs', 'Crosshairs', 'C'],
    ],
    [
        ['length', 'Length', 'L'],
        ['angle', 'Angle', 'A'],
        ['bidirectional', 'Bidirectional', 'B'],
        ['rectangle', 'Rectangle', 'D'],
        ['ellipse', 'Ellipse', 'E'],
        ['probe', 'Probe', 'O'],
        ['arrow', 'Arrow with text', 'N'],
    ],
];

/**
 * What brings a button up to date; told what the active cell shows.
 * @type {((state: CellState|null) => void)[]}
 */
const refreshers = [];

/**
 * @param {IconName} name
 * @param {string} label
 * @param {object} [more]
 * @param {string} [more.key]
 * @param {(event: MouseEvent) => void} [more.run]
 * @param {(state: CellState|null) => boolean} [more.pressed] Makes it a switch.
 * @param {(state: CellState|null) => boolean} [more.enabled] Without it, whenever something is shown.
 * @param {string} [more.text] Beside the icon.
 * @returns {HTMLButtonElement}
 */
function button(name, label, { key, run, pressed, enabled = (state) => state !== null, text } = {}) {
    const made = el(
        'button',
        {
            type: 'button',
            class: text === undefined ? 'icon-button' : 'icon-button with-text',
            'aria-label': label,
            title: key ? `${label} (${key})` : label,
            'aria-keyshortcuts': key?.replace(/ /g, '+') ?? null,
            tabindex: -1,
        },
        icon(name),
        text !== undefined && el('span', { class: 'button-text' }, text),
    );
    if (run) {
        made.addEventListener('click', (event) => {
            run(event);
            backToImages(event);
        });
    }
    refreshers.push((state) => {
        made.disabled = !enabled(state);
        if (pressed) {
            made.setAttribute('aria-pressed', String(pressed(state)));
        }
    });
    return made;
}

/** @returns {true} */
function always() {
    return true;
}

/** Put the toolbar on the page. */
export function start() {
    const bar = byId('toolbar');
    fill(bar, pageStart(), tools(), drawing(), taking(), pageEnd());
    on('welcome', refresh);
    on('arranged', refresh);
    on('active', refresh);
    on('tool', refresh);
    on('layer', refresh);
    on('texts', refresh);
    on('large', refresh);
    on('annotations', refresh);
    on('empty', refresh);
    on('frame', ({ cell }) => {
        if (cell === app.activeCell) {
            refresh();
        }
    });
    document.addEventListener('fullscreenchange', refresh);
    bar.addEventListener('keydown', (event) => goAlong(bar, event));
    bar.addEventListener('focusin', ({ target }) => {
        if (target instanceof HTMLElement) {
            onlyStop(bar, target);
            target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        }
    });
    startHelp();
    refresh();
    onlyStop(bar, bar.querySelector('button'));
}

function refresh() {
    const state = shownState();
    refreshers.forEach((refresher) => refresher(state));
    refreshPanel();
}

/** @param {string} label @param {...Node} children */
function group(label, ...children) {
    return el('div', { class: 'group', role: 'group', 'aria-label': label }, ...children);
}

function pageStart() {
    const series = button('series', 'List of series', {
        run: toggleSeriesPanel,
        pressed: () => !byId('series-panel').hidden,
        enabled: always,
    });
    const layout = button('layout', 'Layout', { enabled: () => app.welcome !== null, text: '' });
    const name = layout.querySelector('.button-text');
    refreshers.push(() => {
        if (name) {
            name.textContent = (app.arranged?.name ?? '').replace('mpr', 'MPR').replace('x', '×');
        }
    });
    attachMenu(layout, choices.layouts, 3);
    const link = button('link', 'Link the images', {
        run: () => send({ type: 'Link', isOn: !app.arranged?.isLinked }),
        pressed: () => app.arranged?.isLinked ?? false,
        enabled: () => app.cells.size > 1,
    });
    return group('Images', series, layout, link);
}

function tools() {
    const made = TOOLS.flat().map(([name, label, key]) => {
        const tool = el(
            'button',
            {
                type: 'button',
                class: 'icon-button',
                role: 'radio',
                'aria-label': label,
                title: key ? `${label} (${key})` : label,
                'aria-keyshortcuts': key,
                'data-tool': name,
                tabindex: -1,
                onclick: (/** @type {MouseEvent} */ event) => {
                    setTool(name);
                    backToImages(event);
                },
            },
            icon(name),
        );
        refreshers.push((state) => {
            tool.setAttribute('aria-checked', String(app.tool === name));
            if (name === 'crosshairs') {
                tool.disabled = !state?.crosshairs;
            }
        });
        return tool;
    });
    const first = made.slice(0, TOOLS[0].length);
    return el(
        'div',
        { class: 'group', role: 'radiogroup', 'aria-label': 'What dragging does' },
        ...first,
        el('span', { class: 'divider', role: 'presentation' }),
        ...made.slice(TOOLS[0].length),
    );
}

function drawing() {
    const isGrey = (/** @type {CellState|null} */ state) => state !== null && !state.isColor;
    const isPlane = (/** @type {CellState|null} */ state) => state !== null && state.orientation !== null;
    const preset = button('preset', 'Window by name', { enabled: isGrey, text: '' });
    const figures = preset.querySelector('.button-text');
    figures?.classList.add('figures');
    refreshers.push((state) => {
        if (figures) {
            const { lower = null, upper = null, unit } = state && !state.isColor ? chosenLayer(state) : {};
            figures.textContent = lower !== null && upper !== null ? choices.windowText(lower, upper, unit) : '–';
        }
    });
    attachMenu(preset, choices.presets);
    const colors = button('colormap', 'Colour map', { enabled: isGrey });
    attachMenu(colors, choices.colormaps);
    const turn = button('rotate', 'Turn and flip');
    attachMenu(turn, choices.turns);
    const interpolation = button('interpolation', 'Interpolation');
    attachMenu(interpolation, choices.interpolations);
    // Of the three planes of MPR each has its place.
    const plane = button('planes', 'Plane', {
        enabled: (state) => state !== null && canBeCut(state) && app.arranged?.name !== 'mpr',
    });
    attachMenu(plane, choices.orientations);
    const slab = button('slab', 'Slab thickness and blend', { enabled: isPlane });
    attachPanel(slab, { role: 'dialog' }, slabPanel);
    const fusion = button('fusion', 'Fusion', { enabled: (state) => state !== null && canBeCut(state) });
    attachPanel(fusion, { role: 'dialog' }, fusionPanel);
    return el(
        'div',
        { class: 'group', role: 'group', 'aria-label': 'How it is drawn' },
        preset,
        button('invert', 'Invert', { key: 'I', run: does.invert, pressed: (state) => state !== null && chosenLayer(state).invert }),
        colors,
        interpolation,
        turn,
        button('reset', 'As it was at first', { key: '0', run: does.reset }),
        divider(),
        plane,
        slab,
        fusion,
        divider(),
        ...cine(),
    );
}

function divider() {
    return el('span', { class: 'divider', role: 'presentation' });
}

/** @param {CellState} state */
function canBeCut(state) {
    return state.orientation !== null || (shownSeries()?.isVolume ?? false);
}

function cine() {
    const isInTime = (/** @type {CellState|null} */ state) => state !== null && state.numberOfTimePoints > 1;
    const hasMore = (/** @type {CellState|null} */ state) =>
        state !== null && (state.numberOfSlices > 1 || isInTime(state));
    const isRunning = (/** @type {CellState|null} */ state) => (state?.framesPerSecond ?? 0) > 0;
    const play = button('play', 'Run through the slices', {
        key: 'Space',
        run: does.toggleCine,
        enabled: hasMore,
        pressed: isRunning,
    });
    let wasRunning = false;
    refreshers.push((state) => {
        if (isRunning(state) !== wasRunning) {
            wasRunning = !wasRunning;
            fill(play, icon(wasRunning ? 'pause' : 'play'));
        }
    });
    const speed = button('faster', 'Speed of the run', { enabled: hasMore });
    attachPanel(speed, { role: 'dialog' }, cinePanel);
    const time = button('time', 'Time point', { enabled: isInTime, text: '' });
    attachPanel(time, { role: 'dialog' }, timePanel);
    const point = time.querySelector('.button-text');
    refreshers.push((state) => {
        time.hidden = !isInTime(state);
        if (point) {
            point.textContent = state ? `${state.timePoint + 1} / ${state.numberOfTimePoints}` : '';
        }
    });
    return [play, speed, time];
}

function taking() {
    return group(
        'Take along',
        button('save', 'Save as PNG', { run: () => void savePicture() }),
        button('python', 'Copy this view as Python', { run: () => void copyPython() }),
    );
}

function pageEnd() {
    const full = button('fullScreen', 'Full screen', {
        key: 'F',
        run: () => void does.toggleFullScreen(),
        pressed: () => document.fullscreenElement !== null,
        enabled: () => document.fullscreenEnabled,
    });
    const measurements = button('annotations', 'List of measurements', {
        run: () => {
            byId('annotation-list').toggleAttribute('hidden');
            refresh();
        },
        pressed: () => !byId('annotation-list').hidden,
        enabled: always,
    });
    const metadata = button('metadata', 'Metadata', {
        pressed: () => !byId('metadata-panel').hidden,
        enabled: always,
    });
    metadata.addEventListener('click', () => {
        toggleMetadata();
        refresh();
    });
    // Panels close by buttons of their own, too.
    const watcher = new MutationObserver(refresh);
    for (const panel of ['series-panel', 'annotation-list', 'metadata-panel']) {
        watcher.observe(byId(panel), { attributeFilter: ['hidden'] });
    }
    return group(
        'Page',
        button('texts', 'Hide all texts', {
            key: 'T',
            run: does.toggleTexts,
            pressed: () => app.textsHidden,
            enabled: always,
        }),
        full,
        measurements,
        metadata,
        button('help', 'Keys', { key: '?', run: () => emit('help', null), enabled: always }),
    );
}

/**
 * One stop of Tab for the whole bar: the button that had the keys last.
 * @param {HTMLElement} bar
 * @param {HTMLElement|null} stop
 */
function onlyStop(bar, stop) {
    for (const each of bar.querySelectorAll('button')) {
        each.tabIndex = each === stop ? 0 : -1;
    }
}

/** @param {HTMLElement} bar @param {KeyboardEvent} event */
function goAlong(bar, event) {
    const buttons = [...bar.querySelectorAll('button')].filter((each) => !each.disabled);
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    /** @type {Record<string, number>} */
    const places = { ArrowRight: at + 1, ArrowLeft: at - 1 + buttons.length, Home: 0, End: -1 };
    if (event.key in places && at >= 0) {
        event.preventDefault();
        const to = places[event.key];
        buttons.at(to < 0 ? to : to % buttons.length)?.focus();
    }
}

// @ts-check
/** What keys and buttons do to the cell that is active. */

import { byId } from './dom.js';
import { asLayer, chosenLayer, chooseNextLayer } from './layers.js';
import { activeCell, app, emit, send } from './state.js';
import { preview } from './preview.js';
import { setLarge } from './cells.js';

/** @typedef {import('./state.js').CellView} CellView */
/** @typedef {import('./messages.js').WindowPreset} WindowPreset */

/**
 * @param {(cell: CellView, state: import('./messages.js').CellState) => void} what
 */
function withShown(what) {
    const cell = activeCell();
    if (cell?.state) {
        what(cell, cell.state);
    }
}

/** @param {number} steps */
export function scroll(steps) {
    withShown(({ index }) => send({ type: 'Scroll', cell: index, steps }, performance.now()));
}

/** @param {'first'|'last'} which */
export function scrollTo(which) {
    withShown(({ index }, { numberOfSlices }) =>
        send({ type: 'SetSlice', cell: index, index: which === 'first' ? 0 : numberOfSlices - 1 }),
    );
}

/** @param {number} steps Points in time. */
export function stepTime(steps) {
    withShown(({ index }, { numberOfTimePoints }) => {
        if (numberOfTimePoints > 1) {
            send({ type: 'StepTime', cell: index, steps });
        }
    });
}

/** @param {number} timePoint From 0. */
export function setTimePoint(timePoint) {
    withShown(({ index }) => send({ type: 'SetTimePoint', cell: index, index: timePoint }));
}

/** Black for white. */
export function invert() {
    withShown(({ index }, state) =>
        send({ type: 'Change', cell: index, invert: !chosenLayer(state).invert, ...asLayer(state) }),
    );
}

/** Window and colours are of the next of the images over each other. */
export function nextLayer() {
    withShown((_, state) => chooseNextLayer(state));
}

/** @param {number} degrees */
export function rotate(degrees) {
    withShown(({ index }) => send({ type: 'Rotate', cell: index, degrees }));
}

/** @param {boolean} isHorizontal */
export function flip(isHorizontal) {
    withShown(({ index }) => send({ type: 'Flip', cell: index, isHorizontal }));
}

/** As it was when it was first shown. */
export function reset() {
    withShown(({ index }) => send({ type: 'Reset', cell: index }));
}

/** @param {number} factor */
export function zoom(factor) {
    withShown(({ index, canvas }) => {
        zoomAt(index, factor, { x: canvas.width / 2, y: canvas.height / 2 }, performance.now());
    });
}

/**
 * Magnify; the point stays where it is.
 * @param {number} index
 * @param {number} factor
 * @param {import('./state.js').CanvasPoint} point
 * @param {number} happened
 */
export function zoomAt(index, factor, { x, y }, happened) {
    const number = send({ type: 'Zoom', cell: index, factor, x, y }, happened);
    const cell = app.cells.get(index);
    if (number && cell) {
        preview(cell, { number, factor, dx: x * (1 - factor), dy: y * (1 - factor) });
    }
}

/**
 * Shift, by pixels of the screen.
 * @param {number} index
 * @param {number} dx
 * @param {number} dy
 * @param {number} happened
 */
export function pan(index, dx, dy, happened) {
    const number = send({ type: 'Pan', cell: index, dx, dy }, happened);
    const cell = app.cells.get(index);
    if (number && cell) {
        preview(cell, { number, factor: 1, dx, dy });
    }
}

/**
 * The presets that fit what a cell shows.
 * @param {CellView|undefined} cell
 * @returns {WindowPreset[]}
 */
export function presetsFor(cell) {
    const shown = cell?.state ? chosenLayer(cell.state).series : null;
    const series = app.welcome?.series.find(({ number }) => number === shown);
    return (app.welcome?.presets ?? []).filter(
        ({ modality }) => modality === null || modality === series?.modality,
    );
}

/** @param {number} which From 0. */
export function choosePreset(which) {
    withShown((cell, state) => {
        const preset = presetsFor(cell)[which];
        if (preset) {
            send({ type: 'SetWindow', cell: cell.index, preset: preset.name, ...asLayer(state) });
        }
    });
}

/** Speeds set by hand, in frames a second, by series. @type {Map<number, number>} */
export const chosenSpeeds = new Map();

/** Series that are run through in time, and not through their slices, as chosen by hand. @type {Map<number, boolean>} */
export const chosenAxes = new Map();

/**
 * Whether a cine of what is shown goes through time; if nobody chose, where there is one slice alone.
 * @param {import('./messages.js').CellState} state
 */
export function isOverTime({ series, numberOfSlices, numberOfTimePoints, framesPerSecond, isCineOverTime }) {
    const usual = framesPerSecond > 0 ? isCineOverTime : numberOfSlices < 2;
    return numberOfTimePoints > 1 && (chosenAxes.get(series) ?? usual);
}

/** Run through the slices, or through time, or stop. */
export function toggleCine() {
    withShown(({ index }, state) => {
        const framesPerSecond = state.framesPerSecond > 0 ? 0 : (chosenSpeeds.get(state.series) ?? null);
        send({ type: 'Cine', cell: index, framesPerSecond, isOverTime: isOverTime(state) });
    });
}

/** Show the page on the whole screen, or no longer. */
export async function toggleFullScreen() {
    try {
        if (document.fullscreenElement) {
            await document.exitFullscreen();
        } else {
            await document.documentElement.requestFullscreen();
        }
    } catch {
        emit('notice', {
            type: 'Notice',
            text: 'The browser does not allow full screen here.',
            cell: null,
            isError: false,
        });
    }
}

/** Out of the full screen, or back from one image to all of them. */
export function back() {
    if (document.fullscreenElement) {
        void document.exitFullscreen();
    } else {
        setLarge(null);
    }
}

/** Hide what names the patient, and all other texts of the pictures; or show them again. */
export function toggleTexts() {
    app.textsHidden = !app.textsHidden;
    document.body.classList.toggle('texts-hidden', app.textsHidden);
    emit('texts', app.textsHidden);
}

/** Let the active cell fill the page, or no longer. */
export function toggleLarge() {
    setLarge(app.largeCell === null && app.cells.size > 1 ? app.activeCell : null);
}

/** Give keys to the images. */
export function focusActive() {
    (activeCell()?.element ?? byId('cells')).focus({ preventScroll: true });
}

// @ts-check
/** Which of the images over each other the window, the presets, inversion and colours are of. */

import { seriesOf } from './shown.js';
import { emit } from './state.js';

/** @typedef {import('./messages.js').CellState} CellState */
/** @typedef {import('./messages.js').Layer} Layer */

/** By the number of the lowest series, that of the chosen one. @type {Map<number, number>} */
export const chosenSeries = new Map();

/** @param {CellState} state @returns {number} Its place among them: the lowest, unless another was chosen. */
function placeOf({ series, layers }) {
    const wanted = chosenSeries.get(series);
    return Math.max(
        layers.findIndex((layer) => layer.series === wanted),
        0,
    );
}

/** @param {CellState} state @returns {Pick<Layer, 'series'|'colormap'|'lower'|'upper'|'unit'|'invert'>} The chosen one. */
export function chosenLayer(state) {
    return state.layers[placeOf(state)] ?? state;
}

/** @param {CellState|null} state @returns {{layer?: number}} What messages say of it: nothing if there is no choice. */
export function asLayer(state) {
    return state && state.layers.length > 1 ? { layer: placeOf(state) } : {};
}

/** @param {CellState} state @param {number} place */
export function chooseLayer(state, place) {
    const layer = state.layers[place];
    if (layer) {
        chosenSeries.set(state.series, layer.series);
        emit('layer', layer.series);
    }
}

/** @param {CellState} state */
export function chooseNextLayer(state) {
    if (state.layers.length > 1) {
        chooseLayer(state, (placeOf(state) + 1) % state.layers.length);
    }
}

/** @param {CellState} state @returns {string[]} Their modalities; their titles, where these are alike. */
export function layerNames({ layers }) {
    const found = layers.map(({ series }) => seriesOf(series));
    const modalities = found.map((one) => one?.modality ?? '');
    const areEnough = new Set(modalities).size === layers.length && !modalities.includes('');
    return areEnough ? modalities : found.map((one, place) => one?.title || `Image ${place + 1}`);
}

/** @param {CellState} state @returns {string} The place of the chosen one, as radio buttons have it. */
export function chosenPlace(state) {
    return String(placeOf(state));
}

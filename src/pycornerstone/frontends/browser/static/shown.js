// @ts-check
/** What the active cell shows, as buttons and panels ask for it. */

import { activeCell, app, send } from './state.js';

/** @typedef {import('./messages.js').CellState} CellState */
/** @typedef {import('./messages.js').Series} Series */

/** @returns {CellState|null} */
export function shownState() {
    return activeCell()?.state ?? null;
}

/** @returns {Series|undefined} The series that the active cell shows; the lowest, of several over each other. */
export function shownSeries() {
    const state = shownState();
    return state ? seriesOf(state.series) : undefined;
}

/** @param {number} number @returns {Series|undefined} */
export function seriesOf(number) {
    return app.welcome?.series.find((series) => series.number === number);
}

/** @param {number} number @returns {string} What a series is called; with texts hidden, by its number alone. */
export function titleOf(number) {
    const title = app.textsHidden ? '' : seriesOf(number)?.title;
    return title || `Series ${number + 1}`;
}

/**
 * Change how the active cell is drawn.
 * @param {Omit<import('./messages.js').Change, 'type'|'cell'>} what
 */
export function change(what) {
    const cell = activeCell();
    if (cell?.state) {
        send({ type: 'Change', cell: cell.index, ...what });
    }
}

/**
 * Whether a series can be drawn over what the active cell shows: both volumes in one space.
 * @param {Series} series
 * @returns {boolean}
 */
export function canBeAdded(series) {
    const state = shownState();
    const under = shownSeries();
    return Boolean(
        state &&
            under &&
            under.isVolume &&
            series.isVolume &&
            series.frameOfReferenceUid &&
            series.frameOfReferenceUid === under.frameOfReferenceUid &&
            series.number !== under.number &&
            state.layers.every((layer) => layer.series !== series.number),
    );
}

/**
 * Show a series in a cell; if `isAdded`, over what is there.
 * @param {number} cell
 * @param {number} series
 * @param {boolean} [isAdded]
 */
export function showSeries(cell, series, isAdded = false) {
    send({ type: 'Show', cell, series, isAdded });
}

/** A number as it is read: no more places than matter. @param {number} value @returns {string} */
export function figure(value) {
    const places = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
    return String(Number(value.toFixed(places)));
}

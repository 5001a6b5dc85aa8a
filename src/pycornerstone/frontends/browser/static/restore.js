// @ts-check
/** What brings back what was shown, when the connection was lost and is there again. */

import { app } from './state.js';

/** @typedef {import('./messages.js').FromPage} FromPage */

/**
 * The messages that make the server show again what the page shows.
 * @returns {FromPage[]}
 */
export function restored() {
    /** @type {FromPage[]} */
    const messages = [];
    const { arranged } = app;
    if (!arranged) {
        return messages;
    }
    messages.push({ type: 'SetLayout', name: arranged.name });
    for (const { index, state, canvas } of app.cells.values()) {
        if (!state) {
            continue;
        }
        const cell = index;
        messages.push({ type: 'Resize', cell, width: canvas.width, height: canvas.height });
        messages.push({ type: 'Show', cell, series: state.layers[0]?.series ?? state.series });
        for (const { series } of state.layers.slice(1)) {
            messages.push({ type: 'Show', cell, series, isAdded: true });
        }
        messages.push({ type: 'SetSlice', cell, index: state.sliceIndex });
        if (state.lower !== null && state.upper !== null) {
            messages.push({ type: 'SetWindow', cell, lower: state.lower, upper: state.upper });
        }
        const { invert, colormap } = state;
        messages.push({ type: 'Change', cell, invert, colormap });
        if (state.rotation) {
            messages.push({ type: 'Rotate', cell, degrees: state.rotation });
        }
        if (state.flipHorizontal) {
            messages.push({ type: 'Flip', cell, isHorizontal: true });
        }
        if (state.flipVertical) {
            messages.push({ type: 'Flip', cell, isHorizontal: false });
        }
    }
    if (arranged.isLinked) {
        messages.push({ type: 'Link', isOn: true });
    }
    return messages;
}

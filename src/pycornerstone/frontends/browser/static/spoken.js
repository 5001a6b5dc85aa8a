// @ts-check
/** What screen readers say of the images: the slice, the window, the tool, once they rest. */

import { windowText } from './choices.js';
import { byId } from './dom.js';
import { titleOf } from './shown.js';
import { activeCell, app, on } from './state.js';

/** @typedef {import('./messages.js').CellState} CellState */

/** Who scrolls on is not told of what went by. */
const RESTS = 600;

/** What was said last, of each part. @type {Map<string, string>} */
const said = new Map();
/** @type {ReturnType<typeof setTimeout>|undefined} */
let later;

/** Say what changes by itself or by keys; what has the focus is read out anyway. */
export function start() {
    on('frame', ({ cell, isAtRest }) => cell === app.activeCell && isAtRest && soon());
    on('active', soon);
    on('tool', soon);
    on('texts', soon);
    on('large', soon);
}

function soon() {
    clearTimeout(later);
    later = setTimeout(say, RESTS);
}

function say() {
    const state = activeCell()?.state;
    if (state && state.framesPerSecond > 0) {
        return; // It runs: each slice would cut off what is said of the one before.
    }
    const isFirst = said.size === 0;
    const news = [...parts(state ?? null)].filter(([part, text]) => said.get(part) !== text);
    news.forEach(([part, text]) => said.set(part, text));
    const texts = news.map(([, text]) => text).filter(Boolean);
    if (!isFirst && texts.length > 0) {
        byId('spoken').textContent = texts.join(', ');
    }
}

/**
 * @param {CellState|null} state
 * @returns {Iterable<[string, string]>}
 */
function* parts(state) {
    yield ['tool', `Tool: ${app.tool}`];
    yield ['texts', app.textsHidden ? 'Texts are hidden' : 'Texts are shown'];
    yield ['large', app.largeCell === null ? 'All images' : 'One image alone'];
    if (state) {
        yield ['series', `Image ${app.activeCell + 1}: ${titleOf(state.series)}`];
        yield ['slice', `${state.sliceIndex + 1} of ${state.numberOfSlices}`];
        yield ['window', windowOf(state)];
        yield ['inverted', state.invert ? 'inverted' : 'not inverted'];
    }
}

/** @param {CellState} state @returns {string} */
function windowOf({ isColor, lower, upper, unit }) {
    return isColor || lower === null || upper === null ? '' : `window ${windowText(lower, upper, unit)}`;
}

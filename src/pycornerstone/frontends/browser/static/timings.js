// @ts-check
/**
 * How long it takes from an input to the frame that shows it: `app.timings`, newest last.
 *
 * A frame says how many of the page's messages had been received when it was drawn; it answers the
 * oldest input among those that no earlier frame of the cell has answered. A server that does
 * not count is taken at its best: its next frame answers.
 */

import { app } from './state.js';

/** @typedef {import('./messages.js').Frame} Frame */

const KEPT = 500;
/** @type {Map<number, {number: number, happened: number}[]>} */
const unanswered = new Map();
/** Which input a frame on its way answers. @type {Map<string, number>} */
const answering = new Map();

/**
 * A message was sent for an input of this time; `number` counts those of the connection.
 * @param {number} cell
 * @param {number} number From 1.
 * @param {number} happened
 */
export function saidAt(cell, number, happened) {
    const list = unanswered.get(cell) ?? [];
    unanswered.set(cell, list);
    list.push({ number, happened });
    if (list.length > KEPT) {
        list.shift();
    }
}

/**
 * A frame came: find out what it answers.
 * @param {Frame} header
 */
export function heardUpTo(header) {
    const list = unanswered.get(header.cell) ?? [];
    const answered = header.heard
        ? list.filter(({ number }) => number <= header.heard)
        : list;
    if (answered.length === 0) {
        return;
    }
    unanswered.set(header.cell, list.slice(answered.length));
    answering.set(`${header.cell} ${header.frame}`, answered[0].happened);
}

/**
 * A frame is on the canvas, or a newer one is in its place.
 * @param {Frame} header
 * @param {number} drawn
 */
export function drawnAt(header, drawn) {
    const key = `${header.cell} ${header.frame}`;
    const sent = answering.get(key);
    answering.delete(key);
    if (sent === undefined) {
        return;
    }
    const list = app.timings.get(header.cell) ?? [];
    app.timings.set(header.cell, list);
    list.push({ sent, drawn });
    if (list.length > KEPT) {
        list.shift();
    }
}

/** Forget what was said: the connection is another. */
export function forgetSaid() {
    unanswered.clear();
    answering.clear();
}

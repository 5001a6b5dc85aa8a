// @ts-check
/** The wheel scrolls, with ctrl it magnifies; a trackpad's small steps are added up, its pinch is a wheel with ctrl. */

import { zoomAt } from './commands.js';
import { send } from './state.js';

/** @typedef {import('./state.js').CellView} CellView */

/** What a notch of a mouse's wheel is at least; a trackpad's steps are smaller. */
const NOTCH = 50;
/** How far two fingers on a trackpad go for a slice, in CSS pixels. */
const PIXELS_PER_SLICE = 24;
const PAUSE = 250;
const FACTOR_PER_NOTCH = 1.15;

let rest = 0;
let last = 0;
/** What waits for the next frame of the screen. @type {{cell: CellView, steps: number, factor: number, point: import('./state.js').CanvasPoint, happened: number}|null} */
let pending = null;

/**
 * @param {CellView} cell
 * @param {import('./state.js').CanvasPoint} point
 * @param {WheelEvent} event
 */
export function wheel(cell, point, event) {
    const far = event.deltaY || event.deltaX; // With shift, browsers give the other one.
    const isNotch = event.deltaMode !== WheelEvent.DOM_DELTA_PIXEL || Math.abs(far) >= NOTCH;
    if (pending && pending.cell !== cell) {
        perform();
    }
    if (!pending) {
        pending = { cell, steps: 0, factor: 1, point, happened: event.timeStamp };
        requestAnimationFrame(perform);
    }
    pending.point = point;
    if (event.ctrlKey || event.metaKey) {
        pending.factor *= isNotch ? FACTOR_PER_NOTCH ** -Math.sign(far) : Math.exp(-far / 100);
    } else {
        pending.steps += stepsOf(far, isNotch, event) * (event.shiftKey ? 5 : 1);
    }
}

/**
 * @param {number} far
 * @param {boolean} isNotch
 * @param {WheelEvent} event
 */
function stepsOf(far, isNotch, event) {
    if (isNotch) {
        rest = 0;
        return Math.sign(far);
    }
    if (event.timeStamp - last > PAUSE || Math.sign(far) !== Math.sign(rest)) {
        rest = 0;
    }
    last = event.timeStamp;
    rest += far / PIXELS_PER_SLICE;
    const steps = Math.trunc(rest);
    rest -= steps;
    return steps;
}

function perform() {
    if (!pending) {
        return;
    }
    const { cell, steps, factor, point, happened } = pending;
    pending = null;
    if (factor !== 1) {
        zoomAt(cell.index, factor, point, happened);
    }
    if (steps !== 0) {
        send({ type: 'Scroll', cell: cell.index, steps }, happened);
    }
}

// @ts-check
/** What the page's own tools make of a drag: window, pan, zoom, scroll, crosshairs, and two fingers. */

import { pan, zoomAt } from './commands.js';
import { asLayer } from './layers.js';
import { waiting } from './socket.js';
import { send } from './state.js';

/** @typedef {import('./state.js').CellView} CellView */
/** @typedef {import('./state.js').CanvasPoint} CanvasPoint */

/** More bytes than this on their way out, and moves are added up until they are gone. */
const FULL = 16_384;
/** A drag of so many CSS pixels magnifies by e. */
const PIXELS_PER_E = 200;
/** No two messages of a drag are closer than this, in ms: no screen would show more. */
const CLOSEST = 12;

/** A drag, from down to up; what it does is sent once for each frame of the screen. */
export class Drag {
    /**
     * @param {CellView} cell
     * @param {string} tool
     * @param {CanvasPoint} at
     * @param {PointerEvent} event
     */
    constructor(cell, tool, at, event) {
        this.cell = cell;
        this.tool = tool;
        this.from = at;
        this.last = at;
        this.dx = 0;
        this.dy = 0;
        this.factor = 1;
        this.rest = 0;
        /** When the first of the moves that are not sent yet was. @type {number|null} */
        this.happened = null;
        /** @type {number|null} */
        this.asked = null;
        this.sentAt = 0;
        /** @type {string|undefined} */
        this.frameWhenSent = undefined;
        if (tool === 'crosshairs') {
            this.later(event);
        }
    }

    /**
     * @param {CanvasPoint} point
     * @param {PointerEvent} event
     */
    moved(point, event) {
        if (point.x === this.last.x && point.y === this.last.y && this.factor === 1) {
            return;
        }
        if (this.tool === 'turn') {
            this.turned(point);
        }
        this.dx += point.x - this.last.x;
        this.dy += point.y - this.last.y;
        this.last = point;
        this.later(event);
    }

    /**
     * @param {CanvasPoint} middle
     * @param {number} factor
     * @param {PointerEvent} event
     */
    pinched(middle, factor, event) {
        this.factor *= factor;
        this.moved(middle, event);
    }

    /** What is left is sent. */
    flush() {
        if (this.asked !== null) {
            cancelAnimationFrame(this.asked);
            this.asked = null;
            this.sendNow();
        }
    }

    /** The drag is over, and what is left is not sent. */
    dropped() {
        if (this.asked !== null) {
            cancelAnimationFrame(this.asked);
            this.asked = null;
        }
    }

    /** @param {PointerEvent} event */
    later(event) {
        this.happened ??= event.timeStamp;
        this.asked ??= requestAnimationFrame(() => this.onFrame());
    }

    onFrame() {
        if (waiting() > FULL) {
            this.asked = requestAnimationFrame(() => this.onFrame());
            return;
        }
        this.asked = null;
        this.sendNow();
    }

    /** Send at once what waits for the next frame of the screen, if the last message is answered. */
    sendIfIdle() {
        const isAnswered = this.cell.canvas.dataset.frame !== this.frameWhenSent;
        if (this.asked !== null && isAnswered && performance.now() - this.sentAt >= CLOSEST) {
            this.flush();
        }
    }

    sendNow() {
        this.sentAt = performance.now();
        this.frameWhenSent = this.cell.canvas.dataset.frame;
        const { dx, dy, factor } = this;
        const happened = this.happened ?? performance.now();
        this.dx = 0;
        this.dy = 0;
        this.factor = 1;
        this.happened = null;
        this.perform(dx, dy, factor, happened);
    }

    /**
     * @param {number} dx
     * @param {number} dy
     * @param {number} factor
     * @param {number} happened
     */
    perform(dx, dy, factor, happened) {
        const { index, ratio } = this.cell;
        const isMoved = dx !== 0 || dy !== 0;
        switch (this.tool) {
            case 'window':
                if (isMoved) {
                    send({ type: 'DragWindow', cell: index, dx, dy, ...asLayer(this.cell.state) }, happened);
                }
                break;
            case 'zoom':
                if (dy !== 0) {
                    zoomAt(index, Math.exp(dy / ratio / PIXELS_PER_E), this.from, happened);
                }
                break;
            case 'scroll':
                this.scroll(dy, happened);
                break;
            case 'crosshairs':
                send({ type: 'MoveCrosshairs', cell: index, x: this.last.x, y: this.last.y }, happened);
                break;
            case 'turn':
                if (this.rest !== 0) {
                    send({ type: 'RotateCrosshairs', cell: index, degrees: this.rest }, happened);
                    this.rest = 0;
                }
                break;
            case 'pinch':
                if (factor !== 1) {
                    zoomAt(index, factor, { x: this.last.x - dx, y: this.last.y - dy }, happened);
                }
                if (isMoved) {
                    pan(index, dx, dy, happened);
                }
                break;
            case 'pan':
                if (isMoved) {
                    pan(index, dx, dy, happened);
                }
                break;
            default:
                break; // Of an annotation that was not begun there.
        }
    }

    /**
     * @param {number} dy
     * @param {number} happened
     */
    scroll(dy, happened) {
        const slices = Math.max(this.cell.state?.numberOfSlices ?? 1, 8);
        const each = Math.max(2 * this.cell.ratio, this.cell.canvas.height / slices);
        this.rest += dy / each;
        const steps = Math.trunc(this.rest);
        if (steps !== 0) {
            this.rest -= steps;
            send({ type: 'Scroll', cell: this.cell.index, steps }, happened);
        }
    }

    /** @param {CanvasPoint} point */
    turned(point) {
        const at = this.cell.state?.crosshairs?.at;
        if (at) {
            /** @param {CanvasPoint} of */
            const angle = ({ x, y }) => Math.atan2(y - at[1], x - at[0]);
            const degrees = ((angle(point) - angle(this.last)) * 180) / Math.PI;
            this.rest += degrees - 360 * Math.round(degrees / 360);
        }
    }
}

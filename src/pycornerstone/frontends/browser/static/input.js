// @ts-check
/** Mouse, wheel, trackpad and touch over the cells; at most one message of a kind for each frame of the screen. */

import { setLarge } from './cells.js';
import { toggleLarge } from './commands.js';
import { Drag } from './drags.js';
import { app, on, setActive } from './state.js';
import { wheel } from './wheel.js';

/** @typedef {import('./state.js').CellView} CellView */
/** @typedef {import('./state.js').CanvasPoint} CanvasPoint */
/** @typedef {import('./state.js').PointerHandler} PointerHandler */

/** What the other buttons do, whichever tool is chosen. @type {Record<number, string>} */
const TOOL_OF_BUTTON = { 1: 'pan', 2: 'zoom' };

/**
 * What goes on between a button's going down and up.
 * @typedef {object} Held
 * @property {CellView} cell
 * @property {number} pointer
 * @property {Drag|null} drag Of the page's own tools.
 * @property {PointerHandler|null} handler Or who took it.
 * @property {PointerEvent} last
 */

/** @type {Held|null} */
let held = null;
/** Fingers on the screen: what each of them said last. @type {Map<number, PointerEvent>} */
const fingers = new Map();
/** @type {{cell: CellView, drag: Drag}|null} */
let pinch = null;

/**
 * Take the input over the cells.
 * @param {HTMLElement} grid
 */
export function start(grid) {
    grid.addEventListener('pointerdown', down);
    grid.addEventListener('pointermove', move);
    // Before the page's next picture is made, where there is such a thing: half a frame sooner.
    grid.addEventListener('pointerrawupdate', (event) => soon(/** @type {PointerEvent} */ (event)));
    grid.addEventListener('pointerup', up);
    grid.addEventListener('pointercancel', up);
    grid.addEventListener('contextmenu', (event) => event.preventDefault());
    grid.addEventListener('dblclick', doubleClick);
    grid.addEventListener('wheel', wheeled, { passive: false });
    // The middle button would scroll the page.
    grid.addEventListener('mousedown', (event) => event.button === 1 && event.preventDefault());
    on('tool', showTool);
    on('arranged', showTool);
}

function showTool() {
    for (const { element } of app.cells.values()) {
        element.dataset.tool = app.tool;
    }
}

/**
 * @param {Event} event
 * @returns {CellView|undefined}
 */
function cellOf(event) {
    const element = event.target instanceof Element ? event.target.closest('.cell') : null;
    return element instanceof HTMLElement ? app.cells.get(Number(element.dataset.cell)) : undefined;
}

/**
 * Where an event is on a cell's canvas, in its pixels.
 * @param {CellView} cell
 * @param {MouseEvent} event
 * @returns {CanvasPoint}
 */
export function pointOf(cell, event) {
    const { left, top } = cell.element.getBoundingClientRect();
    return { x: (event.clientX - left) * cell.ratio, y: (event.clientY - top) * cell.ratio };
}

/** @param {PointerEvent} event */
function down(event) {
    const cell = cellOf(event);
    if (!cell) {
        return;
    }
    cell.element.focus({ preventScroll: true });
    setActive(cell.index);
    if (!cell.state) {
        return;
    }
    const point = pointOf(cell, event);
    if (event.pointerType === 'touch') {
        fingers.set(event.pointerId, event);
        if (fingers.size === 2) {
            // Of the cell that the first of them is on, wherever the second comes down.
            const of = held?.cell ?? cell;
            breakOff(event);
            pinch = { cell: of, drag: new Drag(of, 'pinch', middle(of), event) };
        }
        if (fingers.size > 1) {
            capture(cell, event);
            return;
        }
    }
    if (held) {
        return; // A second button changes nothing of a drag.
    }
    capture(cell, event);
    held = { cell, pointer: event.pointerId, drag: null, handler: null, last: event };
    if (event.button === 0) {
        held.handler = app.handlers.find((handler) => handler.down(cell, point, event)) ?? null;
    }
    if (!held.handler) {
        const turns = event.target instanceof Element && event.target.closest('[data-turns]');
        const tool = TOOL_OF_BUTTON[event.button] ?? (turns ? 'turn' : app.tool);
        held.drag = new Drag(cell, tool, point, event);
        cell.element.classList.add('dragging');
    }
}

/**
 * @param {CellView} cell
 * @param {PointerEvent} event
 */
function capture(cell, event) {
    try {
        cell.element.setPointerCapture(event.pointerId);
    } catch {
        // The pointer is gone already: its `pointercancel` has been.
    }
}

/** @param {PointerEvent} event */
function move(event) {
    if (fingers.has(event.pointerId) && pinch) {
        const before = spread();
        fingers.set(event.pointerId, event);
        pinch.drag.pinched(middle(pinch.cell), before > 0 ? spread() / before : 1, event);
        return;
    }
    if (held?.pointer === event.pointerId) {
        const { cell } = held;
        const point = pointOf(cell, event);
        held.last = event;
        held.handler?.move(cell, point, event);
        held.drag?.moved(point, event);
        return;
    }
    const cell = cellOf(event);
    if (cell?.state && !held && event.buttons === 0) {
        const point = pointOf(cell, event);
        const isOver = app.handlers.some((handler) => handler.hover(cell, point, event));
        cell.element.classList.toggle('over-annotation', isOver);
    }
}

/** @param {PointerEvent} event */
function soon(event) {
    if (held?.pointer === event.pointerId && held.drag) {
        held.drag.moved(pointOf(held.cell, event), event);
        held.drag.sendIfIdle();
    }
}

/** @param {PointerEvent} event */
function up(event) {
    fingers.delete(event.pointerId);
    if (pinch && fingers.size < 2) {
        pinch.drag.flush();
        pinch = null;
    }
    if (held?.pointer === event.pointerId) {
        const { cell, handler, drag } = held;
        held = null;
        cell.element.classList.remove('dragging');
        handler?.up(cell, pointOf(cell, event), event);
        drag?.flush();
    }
}

/**
 * A second finger makes another thing of it: what the first began is taken back.
 * @param {PointerEvent} event
 */
function breakOff(event) {
    if (held) {
        const { cell, handler, drag, last } = held;
        held = null;
        cell.element.classList.remove('dragging');
        const cancel = new PointerEvent('pointercancel', { ...last, pointerId: last.pointerId });
        handler?.up(cell, pointOf(cell, event), cancel);
        drag?.dropped();
    }
}

/** @param {CellView} cell @returns {CanvasPoint} */
function middle(cell) {
    const points = [...fingers.values()].slice(0, 2).map((finger) => pointOf(cell, finger));
    return {
        x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
        y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
    };
}

/** @returns {number} */
function spread() {
    const [one, other] = fingers.values();
    return one && other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0;
}

/** @param {MouseEvent} event */
function doubleClick(event) {
    const cell = cellOf(event);
    if (!cell) {
        return;
    }
    const point = pointOf(cell, event);
    if (cell.state && app.handlers.some((handler) => handler.doubleClick?.(cell, point, event))) {
        return;
    }
    if (app.largeCell !== null) {
        setLarge(null);
    } else {
        toggleLarge();
    }
}

/** @param {WheelEvent} event */
function wheeled(event) {
    event.preventDefault(); // Also where nothing is shown: the page itself must not be magnified.
    const cell = cellOf(event);
    if (cell?.state) {
        setActive(cell.index);
        wheel(cell, pointOf(cell, event), event);
    }
}

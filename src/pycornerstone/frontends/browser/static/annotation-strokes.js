// @ts-check
/** Drawing, moving and turning annotations with a pointer: from the first press to the last. */

import { annotations, hovered } from './annotation-store.js';
import { hit, onCanvas } from './annotation-hits.js';
import { made } from './annotations.js';
import { distance } from './tools/tool.js';
import { TOOL_OF } from './tools.js';
import { isShown, placeOf, plus, times, toCanvas, toWorld } from './world.js';

/** @typedef {import('./annotations.js').Annotation} Annotation */
/** @typedef {import('./messages.js').Grid} Grid */
/** @typedef {import('./state.js').CanvasPoint} CanvasPoint */
/** @typedef {import('./state.js').CellView} CellView */
/** @typedef {import('./world.js').Vector} Vector */
/** @typedef {import('./tools/tool.js').Tool} Tool */

/** Less than this many pixels of CSS is a click, not a drag. */
const CLICK = 4;

/**
 * @typedef {object} Drawing
 * @property {CellView} cell
 * @property {Tool} tool
 * @property {Annotation} annotation
 * @property {Vector[]} placed What was pointed at, in its space: the picture may be moved meanwhile.
 * @property {CanvasPoint} pressed
 * @property {boolean} isPressed
 */

/**
 * @typedef {object} Moving
 * @property {CellView} cell
 * @property {Annotation} annotation As it was.
 * @property {number|null} handle
 * @property {CanvasPoint} pressed
 * @property {boolean} hasMoved
 */

/** @type {Drawing|null} */
let drawing = null;
/** @type {Moving|null} */
let moving = null;
/** What is to be done with a new annotation. @type {(cell: CellView, annotation: Annotation) => void} */
let finished = () => undefined;

/** @param {(cell: CellView, annotation: Annotation) => void} then */
export function onFinished(then) {
    finished = then;
}

/** Whether something is half drawn, or in hand. */
export function isBusy() {
    return drawing !== null || moving !== null;
}

/**
 * @param {CellView} cell
 * @param {CanvasPoint} point
 * @param {PointerEvent} event
 */
export function hitAt(cell, point, event) {
    return cell.state
        ? hit(annotations.all, cell.state, point, cell.ratio, {
              selectedId: annotations.selectedId,
              isFinger: event.pointerType === 'touch',
          })
        : null;
}

/**
 * Begin, or go on with what needs more clicks.
 * @param {CellView} cell
 * @param {CanvasPoint} point
 * @param {PointerEvent} event
 * @param {Tool|null} tool
 * @returns {boolean} Whether it is for the annotations.
 */
export function press(cell, point, event, tool) {
    if (drawing && drawing.cell === cell) {
        drawing.pressed = point;
        drawing.isPressed = true;
        follow(drawing, point);
        return true;
    }
    breakOff();
    const found = hitAt(cell, point, event);
    if (found) {
        annotations.select(found.annotation.id);
        annotations.begin();
        moving = { cell, ...found, pressed: point, hasMoved: false };
        return true;
    }
    const { state } = cell;
    if (!tool || !state) {
        annotations.select(null);
        return false;
    }
    const world = toWorld(state.toWorld, point);
    const points = placed(tool, state.toWorld, [world]);
    const annotation = made(tool.kind, points, placeOf(state));
    annotations.begin();
    annotations.put(annotation);
    drawing = { cell, tool, annotation, placed: [world], pressed: point, isPressed: true };
    return true;
}

/**
 * The points of an annotation from fewer places than it wants: the last one stands for the rest.
 * @param {Tool} tool
 * @param {Grid} grid
 * @param {Vector[]} places
 */
function placed(tool, grid, places) {
    const last = places[places.length - 1];
    const all = Array.from({ length: tool.clicks }, (_, index) => toCanvas(grid, places[index] ?? last));
    return tool.drawn(all).map((each) => toWorld(grid, each));
}

/** @param {Drawing} now @param {CanvasPoint} point */
function follow({ cell, tool, annotation, placed: places }, point) {
    if (cell.state) {
        const grid = cell.state.toWorld;
        const to = toWorld(grid, inside(cell, point));
        annotations.show(annotation.id, {
            points: placed(tool, grid, tool.clicks === 1 ? [to] : [...places, to]),
        });
    }
}

/** @param {CellView} cell @param {CanvasPoint} point @returns {CanvasPoint} The nearest on the canvas. */
function inside({ canvas }, { x, y }) {
    return {
        x: Math.min(canvas.width, Math.max(0, x)),
        y: Math.min(canvas.height, Math.max(0, y)),
    };
}

/** @param {CellView} cell @param {CanvasPoint} point */
export function drag(cell, point) {
    if (drawing) {
        follow(drawing, point);
        return;
    }
    const { state } = cell;
    if (!moving || !state) {
        return;
    }
    if (!moving.hasMoved && distance(moving.pressed, point) < CLICK * cell.ratio) {
        return;
    }
    moving.hasMoved = true;
    const { annotation, handle, pressed } = moving;
    const grid = state.toWorld;
    const by = { x: point.x - pressed.x, y: point.y - pressed.y };
    const before = onCanvas(annotation, state);
    const tool = TOOL_OF[annotation.kind];
    const after =
        handle === null
            ? before.map(({ x, y }) => ({ x: x + by.x, y: y + by.y }))
            : dragged(tool, before, handle, by, cell);
    annotations.show(annotation.id, { points: shifted(annotation.points, before, after, grid) });
}

/**
 * @param {Tool} tool
 * @param {CanvasPoint[]} points
 * @param {number} handle
 * @param {CanvasPoint} by
 * @param {CellView} cell
 */
function dragged(tool, points, handle, by, cell) {
    const from = tool.handles(points)[handle];
    return tool.dragged(points, handle, inside(cell, { x: from.x + by.x, y: from.y + by.y }));
}

/**
 * Points moved as they are on the canvas; how far each lies from the plane stays.
 * @param {Vector[]} points
 * @param {CanvasPoint[]} before
 * @param {CanvasPoint[]} after
 * @param {Grid} grid
 * @returns {Vector[]}
 */
export function shifted(points, before, after, grid) {
    return points.map((point, index) => {
        const [dx, dy] = [after[index].x - before[index].x, after[index].y - before[index].y];
        return dx === 0 && dy === 0
            ? point
            : plus(point, plus(times(grid.right, dx), times(grid.down, dy)));
    });
}

/** @param {CellView} cell @param {CanvasPoint} point @param {PointerEvent} event */
export function release(cell, point, event) {
    if (event.type === 'pointercancel') {
        breakOff();
    } else if (moving) {
        moving = null;
        annotations.end();
    } else if (drawing && cell.state) {
        placeNext(drawing, point, cell.state.toWorld);
    }
}

/** @param {Drawing} now @param {CanvasPoint} point @param {Grid} grid */
function placeNext(now, point, grid) {
    const { cell, tool, annotation } = now;
    const at = inside(cell, point);
    const last = toCanvas(grid, now.placed[now.placed.length - 1]);
    now.isPressed = false;
    if (tool.clicks > 1 && distance(last, at) < CLICK * cell.ratio) {
        return; // A click where a point is already: the next one is still to come.
    }
    if (tool.clicks > 1) {
        now.placed.push(toWorld(grid, at));
        annotations.show(annotation.id, { points: placed(tool, grid, now.placed) });
    }
    if (now.placed.length === tool.clicks) {
        drawing = null;
        annotations.end();
        const done = annotations.find(annotation.id);
        if (done) {
            finished(cell, done);
        }
    }
}

/**
 * No button is down: the next point of what is half drawn follows, or what is under the pointer is shown.
 * @param {CellView} cell
 * @param {CanvasPoint} point
 * @param {PointerEvent} event
 * @returns {boolean} Whether something of the annotations is there.
 */
export function pass(cell, point, event) {
    if (drawing) {
        if (drawing.cell === cell) {
            follow(drawing, point);
        }
        return false;
    }
    const id = hitAt(cell, point, event)?.annotation.id ?? null;
    hovered.id = id;
    return id !== null;
}

/** What is half drawn is dropped, and what is in hand goes back. */
export function breakOff() {
    const wasBusy = isBusy();
    drawing = null;
    moving = null;
    annotations.drop();
    return wasBusy;
}

/** A cell shows another frame: what is half drawn on one that is gone is dropped. @param {CellView} cell */
export function frameChanged(cell) {
    const now = drawing ?? moving;
    if (now?.cell === cell && !(cell.state && isShown(now.annotation.place, cell.state))) {
        breakOff();
    }
}

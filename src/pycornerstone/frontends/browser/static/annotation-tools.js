// @ts-check
/** Annotations over the cells: drawn, selected, moved and taken away, by pointer and by key. */

import { draw } from './annotation-drawing.js';
import { forgetFailures } from './annotation-statistics.js';
import { annotations, hovered } from './annotation-store.js';
import { breakOff, drag, frameChanged, hitAt, isBusy, onFinished, pass, press, release } from './annotation-strokes.js';
import { endWriting, write } from './annotation-text.js';
import { app, activeCell, on, registerPointerHandler, setTool } from './state.js';
import { TOOLS, toolOf } from './tools.js';
import { isShown, plus, times } from './world.js';

/** @typedef {import('./state.js').CellView} CellView */

/** For the help. @type {readonly {keys: string, what: string}[]} */
export const KEYS = [
    ...TOOLS.map(({ key, label, hint }) => ({ keys: key.toUpperCase(), what: `${label}: ${hint.toLowerCase()}` })),
    { keys: 'Delete', what: 'Take the selected measurement away' },
    { keys: 'Shift ↑ ↓ ← →', what: 'Move the selected measurement' },
    { keys: 'Ctrl Z, Ctrl Shift Z', what: 'One step of measuring back, or again' },
];

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Listen to pointers and keys, and draw over each frame. */
export function start() {
    registerPointerHandler({
        down(cell, point, event) {
            endWriting();
            return event.button === 0 && press(cell, point, event, toolOf(app.tool));
        },
        move: drag,
        up: release,
        hover(cell, point, event) {
            const before = hovered.id;
            const isOver = pass(cell, point, event);
            if (hovered.id !== before) {
                drawSoon();
            }
            return isOver;
        },
        doubleClick(cell, point, event) {
            const found = hitAt(cell, point, /** @type {PointerEvent} */ (event));
            if (found?.annotation.kind === 'arrow') {
                write(cell, found.annotation);
            }
            // The second click of a drawing is not to magnify the cell.
            return found !== null || toolOf(app.tool) !== null;
        },
        key,
    });
    onFinished((cell, annotation) => {
        if (annotation.kind === 'arrow') {
            write(cell, annotation, () => annotations.remove(annotation.id));
        }
    });
    on('annotations', drawSoon);
    on('arranged', drawSoon);
    on('resize', drawSoon);
    on('empty', drawSoon);
    on('connection', (connection) => {
        if (connection === 'open') {
            forgetFailures(annotations.all);
            drawSoon();
        }
    });
    on('frame', ({ cell: index, isAtRest }) => {
        const cell = app.cells.get(index);
        if (cell) {
            frameChanged(cell);
            if (isAtRest) {
                const { state } = cell;
                forgetFailures(annotations.all.filter(({ place }) => state && isShown(place, state)));
            }
            draw(cell); // At once: it belongs to the frame that is drawn.
        }
    });
    on('tool', () => {
        endWriting();
        breakOff();
    });
}

let isWaiting = false;

/** Draw all cells once before the screen is. */
function drawSoon() {
    if (!isWaiting) {
        isWaiting = true;
        requestAnimationFrame(() => {
            isWaiting = false;
            for (const cell of app.cells.values()) {
                draw(cell);
            }
        });
    }
}

/**
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
function key(event) {
    const isCommand = event.ctrlKey || event.metaKey;
    const name = event.key.toLowerCase();
    if (isCommand && !event.altKey && (name === 'z' || name === 'y')) {
        if (!isBusy()) {
            name === 'y' || event.shiftKey ? annotations.redo() : annotations.undo();
        }
        return true;
    }
    if (isCommand || event.altKey) {
        return false;
    }
    if (event.key === 'Escape') {
        return escape();
    }
    const { selected } = annotations;
    if (selected && (event.key === 'Delete' || event.key === 'Backspace')) {
        breakOff();
        annotations.remove(selected.id);
        return true;
    }
    if (selected && event.shiftKey && Object.hasOwn(ARROWS, event.key)) {
        return nudge(ARROWS[event.key]);
    }
    const tool = TOOLS.find((each) => each.key === name);
    if (tool && !event.shiftKey) {
        setTool(tool.kind);
        return true;
    }
    return false;
}

function escape() {
    if (breakOff()) {
        return true;
    }
    const wasSelected = annotations.selectedId !== null;
    annotations.select(null);
    return wasSelected;
}

/**
 * Move the selected annotation by one pixel of CSS of the active cell.
 * @param {[number, number]} by
 */
function nudge([x, y]) {
    const cell = activeCell();
    const { selected } = annotations;
    if (isBusy() || !cell?.state || !selected || !isShown(selected.place, cell.state)) {
        return false;
    }
    const { right, down } = cell.state.toWorld;
    const step = plus(times(right, x * cell.ratio), times(down, y * cell.ratio));
    annotations.change(selected.id, { points: selected.points.map((point) => plus(point, step)) });
    return true;
}

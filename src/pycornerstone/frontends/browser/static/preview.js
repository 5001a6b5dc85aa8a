// @ts-check
/**
 * While a new frame is on its way, the old one is shifted and magnified as it will be.
 *
 * What was asked for after a frame was drawn is kept by number, so that a frame that answers only
 * the first of three drags keeps the other two in view.
 */

/** @typedef {import('./state.js').CellView} CellView */
/** @typedef {import('./messages.js').Frame} Frame */

/**
 * A step asked for: `x' = factor * x + dx`, in pixels of the canvas.
 * @typedef {object} Step
 * @property {number} number The message that asks for it.
 * @property {number} factor
 * @property {number} dx
 * @property {number} dy
 */

/** @type {WeakMap<CellView, Step[]>} */
const steps = new WeakMap();
/** @type {WeakMap<CellView, ReturnType<typeof setTimeout>>} */
const limits = new WeakMap();

/** After so many ms without a frame, what was asked for had no effect. */
const PATIENCE = 1500;

/**
 * Show the frame that is there as the one that is asked for will be.
 * @param {CellView} cell
 * @param {Step} step
 */
export function preview(cell, step) {
    const list = steps.get(cell) ?? [];
    steps.set(cell, list);
    list.push(step);
    show(cell, list);
    clearTimeout(limits.get(cell));
    limits.set(
        cell,
        setTimeout(() => {
            steps.set(cell, []);
            show(cell, []);
        }, PATIENCE),
    );
}

/**
 * A frame was drawn: what it has in it is no longer to be previewed.
 * @param {CellView} cell
 * @param {Frame} header
 */
export function settle(cell, header) {
    const list = steps.get(cell);
    if (!list?.length) {
        return;
    }
    const kept = header.heard ? list.filter(({ number }) => number > header.heard) : [];
    steps.set(cell, kept);
    show(cell, kept);
    if (kept.length === 0) {
        clearTimeout(limits.get(cell));
    }
}

/**
 * @param {CellView} cell
 * @param {Step[]} list
 */
function show(cell, list) {
    let factor = 1;
    let x = 0;
    let y = 0;
    for (const step of list) {
        factor *= step.factor;
        x = step.factor * x + step.dx;
        y = step.factor * y + step.dy;
    }
    const isAsItIs = list.length === 0;
    const transform = isAsItIs
        ? ''
        : `translate(${x / cell.ratio}px, ${y / cell.ratio}px) scale(${factor})`;
    cell.canvas.style.transform = transform;
    cell.overlaySvg.style.transform = transform;
}

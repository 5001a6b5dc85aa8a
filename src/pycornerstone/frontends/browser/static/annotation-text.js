// @ts-check
/** A text written at its place over the image. */

import { onPage, textPlace } from './annotation-drawing.js';
import { annotations } from './annotation-store.js';
import { LONGEST_TEXT } from './annotations.js';
import { el } from './dom.js';

/** @typedef {import('./annotations.js').Annotation} Annotation */
/** @typedef {import('./state.js').CellView} CellView */

const WIDTH = 220;

/** @type {{element: HTMLInputElement, end: (isKept: boolean) => void}|null} */
let open = null;

/** End the writing, and keep what was written. */
export function endWriting() {
    open?.end(true);
}

/**
 * Let the user write; Enter or a click elsewhere keeps it, Escape does not.
 * @param {CellView} cell
 * @param {Annotation} annotation
 * @param {() => void} [dropped] Called if it is not kept.
 */
export function write(cell, annotation, dropped = () => undefined) {
    endWriting();
    const points = onPage(cell, annotation);
    const { x, y } = textPlace(annotation, points, cell, WIDTH, 1);
    const element = el('input', {
        class: 'annotation-input',
        type: 'text',
        value: annotation.text,
        maxlength: LONGEST_TEXT,
        placeholder: 'Text',
        'aria-label': 'Text of the arrow',
        // The cell would take the pointer for a drag, and the focus.
        onpointerdown: (/** @type {Event} */ event) => event.stopPropagation(),
        ondblclick: (/** @type {Event} */ event) => event.stopPropagation(),
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
            event.stopPropagation();
            if (event.key === 'Enter' && !event.isComposing) {
                end(true);
                cell.element.focus({ preventScroll: true });
            } else if (event.key === 'Escape') {
                end(false);
                cell.element.focus({ preventScroll: true });
            }
        },
        onblur: () => end(true),
    });
    element.style.left = `${x}px`;
    element.style.top = `${y - 24}px`;
    element.style.width = `${WIDTH}px`;
    /** @param {boolean} isKept */
    const end = (isKept) => {
        if (open?.element !== element) {
            return;
        }
        open = null;
        const text = element.value.trim();
        element.remove();
        if (!isKept) {
            dropped();
        } else if (text !== annotation.text && annotations.find(annotation.id)) {
            annotations.change(annotation.id, { text });
        }
    };
    open = { element, end };
    cell.element.append(element);
    element.focus({ preventScroll: true });
    element.select();
}

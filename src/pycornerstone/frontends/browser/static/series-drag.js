// @ts-check
/** A series is dragged onto a cell, with the mouse or a finger. */

import { app, setActive } from './state.js';
import { canBeAdded, seriesOf, showSeries } from './shown.js';

/** A press that goes no further is a press. */
const STARTS_AT = 8;

/**
 * Let an entry of the list be dragged.
 * @param {HTMLElement} entry
 * @param {number} series
 * @param {boolean} isVolume Whether it may be laid over another.
 */
export function draggable(entry, series, isVolume) {
    /** @type {{x: number, y: number, ghost: HTMLElement|null}|null} */
    let drag = null;
    entry.addEventListener('pointerdown', (event) => {
        if (event.button === 0 && event.isPrimary) {
            drag = { x: event.clientX, y: event.clientY, ghost: null };
        }
    });
    entry.addEventListener('pointermove', (event) => {
        if (!drag) {
            return;
        }
        const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
        if (!drag.ghost && Math.hypot(dx, dy) < STARTS_AT) {
            return;
        }
        if (!drag.ghost) {
            entry.setPointerCapture(event.pointerId);
            drag.ghost = ghostOf(entry);
        }
        drag.ghost.style.transform = `translate(${event.clientX + 10}px, ${event.clientY + 10}px)`;
        const over = cellAt(event);
        highlight(over);
        drag.ghost.classList.toggle('adds', isVolume && event.shiftKey && over !== null);
    });
    /** @param {PointerEvent} event @returns {boolean} Whether it was dragged. */
    const end = (event) => {
        const was = drag?.ghost ?? null;
        was?.remove();
        drag = null;
        highlight(null);
        return was !== null && event.type === 'pointerup';
    };
    entry.addEventListener('pointerup', (event) => {
        const over = cellAt(event);
        if (end(event)) {
            swallowClick(entry);
            if (over !== null) {
                setActive(over);
                const found = seriesOf(series);
                showSeries(over, series, event.shiftKey && found !== undefined && canBeAdded(found));
            }
        }
    });
    entry.addEventListener('pointercancel', end);
    entry.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && drag?.ghost) {
            event.stopPropagation();
            drag.ghost.remove();
            drag = null;
            highlight(null);
            swallowClick(entry);
        }
    });
}

/** The press that ends a drag is none of the button. @param {HTMLElement} entry */
function swallowClick(entry) {
    const swallow = (/** @type {Event} */ event) => {
        event.stopImmediatePropagation();
        event.preventDefault();
    };
    entry.addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => entry.removeEventListener('click', swallow, { capture: true }), 50);
}

/** @param {HTMLElement} entry @returns {HTMLElement} */
function ghostOf(entry) {
    const picture = entry.querySelector('.thumbnail') ?? entry;
    const ghost = /** @type {HTMLElement} */ (picture.cloneNode(true));
    ghost.classList.add('ghost');
    document.body.append(ghost);
    return ghost;
}

/** @param {PointerEvent} event @returns {number|null} */
function cellAt({ clientX, clientY }) {
    for (const { index, element } of app.cells.values()) {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        if (clientX >= left && clientX < right && clientY >= top && clientY < bottom) {
            return index;
        }
    }
    return null;
}

/** @param {number|null} over */
function highlight(over) {
    for (const { index, element } of app.cells.values()) {
        element.classList.toggle('drop-here', index === over);
    }
}

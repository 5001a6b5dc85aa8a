// @ts-check
/** The window by its figures, as DICOM counts them: PS3.3 C.11.2.1.2.1. */

import { el } from './dom.js';
import { showDialog } from './dialogs.js';
import { numberField } from './forms.js';
import { asLayer, chosenLayer } from './layers.js';
import { shownState } from './shown.js';
import { activeCell, send } from './state.js';

/** @param {string} unit @returns {boolean} Whether windows of such values go by centre and width. */
export function isCentred(unit) {
    return unit === '' || unit === 'HU';
}

/**
 * @param {number} lower
 * @param {number} upper
 * @returns {{center: number, width: number}}
 */
export function centred(lower, upper) {
    return { center: (lower + upper + 1) / 2, width: upper - lower + 1 };
}

/**
 * @param {number} center
 * @param {number} width
 * @returns {{lower: number, upper: number}}
 */
export function bounds(center, width) {
    return { lower: center - 0.5 - (width - 1) / 2, upper: center - 0.5 + (width - 1) / 2 };
}

/** Ask for the window of the active cell. */
export function askWindow() {
    const cell = activeCell();
    const state = shownState();
    if (!cell || !state) {
        return;
    }
    const layer = chosenLayer(state);
    const { unit } = layer;
    const [lower, upper] = [layer.lower ?? 0, layer.upper ?? 1];
    const of = asLayer(state);
    const asCentre = isCentred(unit);
    const now = centred(lower, upper);
    const [first, second] = asCentre
        ? [numberField(named('Centre', unit), rounded(now.center)), numberField(named('Width', unit), rounded(now.width))]
        : [numberField(named('From', unit), rounded(lower)), numberField(named('To', unit), rounded(upper))];
    if (asCentre) {
        second.input.min = '1';
    }
    const set = (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        const [a, b] = [first.input.valueAsNumber, second.input.valueAsNumber];
        const wanted = asCentre ? bounds(a, b) : { lower: a, upper: b };
        if (Number.isFinite(a) && Number.isFinite(b) && wanted.lower <= wanted.upper) {
            send({ type: 'SetWindow', cell: cell.index, ...wanted, ...of });
            dialog.close();
        }
    };
    const form = el(
        'form',
        { class: 'adjust', onsubmit: set },
        first.element,
        second.element,
        el('button', { class: 'wide-button' }, 'Set this window'),
    );
    const dialog = showDialog('Window', form);
    dialog.classList.add('small');
    first.input.focus();
    first.input.select();
}

/** @param {string} label @param {string} unit @returns {string} */
function named(label, unit) {
    return unit ? `${label}, ${unit}` : label;
}

/** @param {number} value @returns {number} */
function rounded(value) {
    return Number(value.toPrecision(6));
}

// @ts-check
/** Controls of the panels: sliders with their figure, choices of a few. */

import { el } from './dom.js';

/**
 * A slider, and the same value to be typed.
 * @typedef {object} Slider
 * @property {HTMLElement} element
 * @property {HTMLInputElement} input
 * @property {(value: number) => void} show Put a value in, unless it is being changed.
 */

const HELD_MS = 1000;
let names = 0;

/**
 * @param {object} what
 * @param {string} what.label
 * @param {string} what.unit
 * @param {number} what.min
 * @param {number} what.max
 * @param {number} what.step
 * @param {number} what.value
 * @param {(value: number) => void} what.onValue
 * @returns {Slider}
 */
export function slider({ label, unit, min, max, step, value, onValue }) {
    names += 1;
    const id = `slider-${names}`;
    const range = el('input', { type: 'range', id, min, max, step, value });
    const typed = el('input', { type: 'number', min, max, step, value, 'aria-label': `${label}, ${unit}` });
    /** @param {HTMLInputElement} from @param {HTMLInputElement} to */
    const follow = (from, to) => {
        const asked = from.valueAsNumber;
        if (Number.isFinite(asked)) {
            const held = Math.min(max, Math.max(min, asked));
            to.value = String(held);
            onValue(held);
        }
    };
    let heldUntil = 0;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    let later;
    /** @param {number} now */
    const show = (now) => {
        clearTimeout(later);
        // What the user holds in the hand must not jump back to what was drawn before.
        if (document.activeElement === typed || range.matches(':active')) {
            return;
        }
        const rest = heldUntil - performance.now();
        if (rest > 0) {
            later = setTimeout(() => show(now), rest);
            return;
        }
        range.value = String(now);
        typed.value = String(Number(now.toFixed(2)));
    };
    range.addEventListener('input', () => {
        // Keys follow each other faster than the frames that answer them.
        heldUntil = performance.now() + HELD_MS;
        follow(range, typed);
    });
    typed.addEventListener('change', () => follow(typed, range));
    return {
        element: el(
            'div',
            { class: 'slider' },
            el('label', { for: id }, label),
            el('span', { class: 'typed' }, typed, ` ${unit}`),
            range,
        ),
        input: range,
        show,
    };
}

/**
 * A few values of which one holds.
 * @template {string} Value
 * @param {string} label
 * @param {readonly (readonly [Value, string])[]} values
 * @param {(value: Value) => void} onValue
 * @returns {{element: HTMLElement, show: (value: string) => void}}
 */
export function choice(label, values, onValue) {
    names += 1;
    const group = `choice-${names}`;
    const inputs = values.map(([value, text]) => {
        const input = el('input', { type: 'radio', name: group, value, onchange: () => onValue(value) });
        return { input, label: el('label', { class: 'segment' }, input, el('span', {}, text)) };
    });
    return {
        element: el(
            'fieldset',
            { class: 'choice' },
            el('legend', {}, label),
            el('div', { class: 'segments' }, ...inputs.map((made) => made.label)),
        ),
        show: (value) => {
            for (const { input } of inputs) {
                input.checked = input.value === value;
            }
        },
    };
}

/**
 * A field for a number.
 * @param {string} label
 * @param {number|null} value
 * @returns {{element: HTMLElement, input: HTMLInputElement}}
 */
export function numberField(label, value) {
    const input = el('input', { type: 'number', step: 'any', value: value === null ? '' : String(value) });
    return { element: el('label', { class: 'field' }, el('span', {}, label), input), input };
}

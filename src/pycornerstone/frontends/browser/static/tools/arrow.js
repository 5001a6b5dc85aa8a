// @ts-check
/** An arrow with a text. */

import { distance, replaced } from './tool.js';

/** @type {import('./tool.js').Tool} */
export const arrow = {
    kind: 'arrow',
    label: 'Arrow with text',
    key: 'n',
    hint: 'Drag from what is meant to where the text is to be',
    clicks: 2,
    statistics: null,
    drawn: (clicked) => clicked,
    handles: (points) => points,
    dragged: replaced,
    outline([tip, end], size) {
        const length = distance(tip, end);
        if (length === 0) {
            return { lines: [[tip, end]] };
        }
        const head = Math.min(12 * size, length);
        const [x, y] = [(end.x - tip.x) / length, (end.y - tip.y) / length];
        const base = { x: tip.x + x * head, y: tip.y + y * head };
        const half = head * 0.36;
        const wings = [
            { x: base.x - y * half, y: base.y + x * half },
            { x: base.x + y * half, y: base.y - x * half },
        ];
        return { lines: [[base, end]], solid: [[tip, ...wings]] };
    },
    measures: () => ({ lines: [] }),
};

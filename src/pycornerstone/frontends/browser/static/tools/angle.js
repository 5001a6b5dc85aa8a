// @ts-check
/** The angle between two lines from one point. */

import { angleOf, angleText } from '../measures.js';
import { distance, replaced } from './tool.js';

/** @typedef {import('./tool.js').CanvasPoint} CanvasPoint */

/** @type {import('./tool.js').Tool} */
export const angle = {
    kind: 'angle',
    label: 'Angle',
    key: 'a',
    hint: 'Drag along one side to the corner, then click at the end of the other',
    clicks: 3,
    statistics: null,
    drawn: (clicked) => clicked,
    handles: (points) => points,
    dragged: replaced,
    outline: (points, size) => ({ lines: [points], faint: [arc(points, size)] }),
    measures({ place, points }) {
        const value = angleOf(place, points);
        return Number.isNaN(value)
            ? { lines: [angleText(value)] }
            : { lines: [angleText(value)], angle: value };
    },
};

/**
 * From side to side, the short way round.
 * @param {CanvasPoint[]} points
 * @param {number} size
 * @returns {CanvasPoint[]}
 */
function arc([a, at, b], size) {
    const radius = Math.min(24 * size, distance(a, at) / 2, distance(b, at) / 2);
    const from = Math.atan2(a.y - at.y, a.x - at.x);
    let turn = Math.atan2(b.y - at.y, b.x - at.x) - from;
    turn -= 2 * Math.PI * Math.round(turn / (2 * Math.PI));
    return Array.from({ length: 25 }, (_, step) => {
        const towards = from + (turn * step) / 24;
        return { x: at.x + radius * Math.cos(towards), y: at.y + radius * Math.sin(towards) };
    });
}

// @ts-check
/** The distance of two points. */

import { lengthOf, lengthText, scaleOf } from '../measures.js';
import { replaced } from './tool.js';

/** @type {import('./tool.js').Tool} */
export const length = {
    kind: 'length',
    label: 'Length',
    key: 'l',
    hint: 'Drag from one end to the other',
    clicks: 2,
    statistics: null,
    drawn: (clicked) => clicked,
    handles: (points) => points,
    dragged: replaced,
    outline: (points) => ({ lines: [points] }),
    measures({ place, points }) {
        const value = lengthOf(place, points[0], points[1]);
        return { lines: [lengthText(value, scaleOf(place))], length: value };
    },
};

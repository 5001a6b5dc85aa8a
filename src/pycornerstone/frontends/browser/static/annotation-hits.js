// @ts-check
/** What of the annotations is under the pointer. */

import { distance, distanceToOutline } from './tools/tool.js';
import { TOOL_OF } from './tools.js';
import { isShown, toCanvas } from './world.js';

/** @typedef {import('./annotations.js').Annotation} Annotation */
/** @typedef {import('./messages.js').CellState} CellState */
/** @typedef {import('./state.js').CanvasPoint} CanvasPoint */

/**
 * @typedef {object} Hit
 * @property {Annotation} annotation
 * @property {number|null} handle Which of its handles, or null for the whole.
 */

/** How near is near, in pixels of CSS; a finger covers more. */
const NEAR = { handle: 9, line: 6 };
const NEAR_FINGER = { handle: 22, line: 16 };

/**
 * @param {Annotation} annotation
 * @param {CellState} state
 * @returns {CanvasPoint[]}
 */
export function onCanvas(annotation, state) {
    return annotation.points.map((point) => toCanvas(state.toWorld, point));
}

/**
 * The nearest handle, or else the nearest line, within reach; the selected one comes first.
 * @param {readonly Annotation[]} all
 * @param {CellState} state
 * @param {CanvasPoint} point
 * @param {number} size One pixel of CSS, on the canvas.
 * @param {{selectedId: string|null, isFinger: boolean}} options
 * @returns {Hit|null}
 */
export function hit(all, state, point, size, { selectedId, isFinger }) {
    const near = isFinger ? NEAR_FINGER : NEAR;
    /** @type {Hit|null} */
    let best = null;
    let least = Infinity;
    /** @param {number} far @param {Annotation} annotation @param {number|null} handle */
    const offer = (far, annotation, handle) => {
        // A line is further than any handle: of both, one means the handle.
        const rank = far + (handle === null ? 1000 * size : 0) - (annotation.id === selectedId ? 0.5 * size : 0);
        if (rank < least) {
            least = rank;
            best = { annotation, handle };
        }
    };
    for (const annotation of all) {
        if (!isShown(annotation.place, state)) {
            continue;
        }
        const tool = TOOL_OF[annotation.kind];
        const points = onCanvas(annotation, state);
        tool.handles(points).forEach((handle, index) => {
            const far = distance(handle, point);
            if (far <= near.handle * size) {
                offer(far, annotation, index);
            }
        });
        const far = distanceToOutline(tool.outline(points, size), point);
        if (far <= near.line * size) {
            offer(far, annotation, null);
        }
    }
    return best;
}

// @ts-check
/** The tools for annotations, in the order of the toolbar. */

import { angle } from './tools/angle.js';
import { arrow } from './tools/arrow.js';
import { bidirectional } from './tools/bidirectional.js';
import { ellipse } from './tools/ellipse.js';
import { length } from './tools/length.js';
import { probe } from './tools/probe.js';
import { rectangle } from './tools/rectangle.js';

/** @typedef {import('./tools/tool.js').Tool} Tool */

/** @type {Record<import('./annotations.js').Kind, Tool>} */
export const TOOL_OF = { length, angle, bidirectional, rectangle, ellipse, probe, arrow };

/** @type {readonly Tool[]} */
export const TOOLS = Object.values(TOOL_OF);

/** @param {string} name @returns {Tool|null} */
export function toolOf(name) {
    return TOOLS.find(({ kind }) => kind === name) ?? null;
}

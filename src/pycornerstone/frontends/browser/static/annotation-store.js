// @ts-check
/** The annotations of this page, and which of them the pointer is over. */

import { Annotations } from './annotations.js';
import { emit } from './state.js';

export const annotations = new Annotations(() => emit('annotations', null));

/** @type {{id: string|null}} */
export const hovered = { id: null };

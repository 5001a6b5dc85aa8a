// @ts-check
/** How much of the texts there is room for in a cell, by its size in pixels of CSS. */

/**
 * @param {number} width
 * @param {number} height
 * @returns {boolean} Whether texts are to be smaller.
 */
export function isSmall(width, height) {
    return width < 360 || height < 300;
}

/**
 * @param {number} width
 * @returns {boolean} Whether no two texts have room beside each other.
 */
export function isNarrow(width) {
    return width < 280;
}

/**
 * @param {number} width
 * @param {number} height
 * @returns {boolean} Whether there is room for no text at all.
 */
export function isTiny(width, height) {
    return width < 170 || height < 150;
}

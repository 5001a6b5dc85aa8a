// @ts-check
/** Pictures of the buttons, drawn with lines on a square of 24. */

const SVG = 'http://www.w3.org/2000/svg';

/** What each is drawn of, as a path; a part behind `|` is filled. */
const PATHS = {
    // Tools.
    window: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18|M12 3.8a8.2 8.2 0 0 1 0 16.4z',
    pan: 'M12 3v18M3 12h18M9 6l3-3l3 3M9 18l3 3l3-3M6 9l-3 3l3 3M18 9l3 3l-3 3',
    zoom: 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.3 15.3L21 21M10.5 7.7v5.6M7.7 10.5h5.6',
    scroll: 'M8 8h12v12H8zM16 5H5v11M12 2.5H2.5V12',
    crosshairs: 'M12 2.5v6M12 15.5v6M2.5 12h6M15.5 12h6M12 11.2v1.6M11.2 12h1.6',
    length: 'M4.5 19.5l15-15M2.5 17.5l4 4M17.5 2.5l4 4',
    angle: 'M4 20L15 4M4 20h17M9.6 11.9A10 10 0 0 1 14 20',
    bidirectional: 'M4 20L20 4M8.5 7.5l7 9M2.6 18.6l2.8 2.8M18.6 2.6l2.8 2.8',
    rectangle: 'M4 6.5h16v11H4z|M2.7 5.2h2.6v2.6H2.7zM18.7 5.2h2.6v2.6h-2.6zM2.7 16.2h2.6v2.6H2.7zM18.7 16.2h2.6v2.6h-2.6z',
    ellipse: 'M12 5.5c5 0 9 2.9 9 6.5s-4 6.5-9 6.5s-9-2.9-9-6.5s4-6.5 9-6.5|M10.7 4.2h2.6v2.6h-2.6zM10.7 17.2h2.6v2.6h-2.6z',
    probe: 'M12 7a5 5 0 1 0 0 10a5 5 0 1 0 0-10M12 2.5V7M12 17v4.5M2.5 12H7M17 12h4.5|M12 10.9a1.1 1.1 0 1 0 0 2.2a1.1 1.1 0 1 0 0-2.2',
    arrow: 'M20 20L5 5M5 12V5h7',
    // How it is drawn.
    preset: 'M3 19h18M4 16l4.5 0l7-9l4.5 0',
    colormap: 'M12 3C7 9 5.5 11.5 5.5 14.5a6.5 6.5 0 0 0 13 0C18.5 11.5 17 9 12 3|M12 5v15a5.5 5.5 0 0 0 5.5-5.5C17.5 12 16 10 12 5',
    invert: 'M4 4h16v16H4z|M4 20L20 4v16z',
    rotate: 'M19.5 12a7.5 7.5 0 1 1-2.4-5.5M19.8 2.8v4.4h-4.4',
    rotateBack: 'M4.5 12a7.5 7.5 0 1 0 2.4-5.5M4.2 2.8v4.4h4.4',
    flipHorizontal: 'M12 3v2.5M12 8v2.5M12 13v2.5M12 18v2.5M9 7v10H3zM15 7v10h6z',
    flipVertical: 'M3 12h2.5M8 12h2.5M13 12h2.5M18 12h2.5M7 9h10V3zM7 15h10v6z',
    interpolation: 'M3 20h5v-6h5V9h5V4h3',
    slab: 'M3 9l9-4.5L21 9l-9 4.5zM3 9v6l9 4.5l9-4.5V9',
    planes: 'M12 3v18M3 12h18M5 5h14v14H5z',
    fusion: 'M9 5.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15 5.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13|M12 6.3a6.5 6.5 0 0 1 0 11.4a6.5 6.5 0 0 1 0-11.4',
    reset: 'M4 4v5h5M4.6 9A8 8 0 1 1 4 13.5',
    fit: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
    // The page.
    layout: 'M4 4h16v16H4zM12 4v16M4 12h16',
    link: 'M10 14a4 4 0 0 0 5.7 0l3.6-3.6a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.6 3.6a4 4 0 0 0 5.7 5.7L12 17.7',
    play: '|M7 4.5v15L20 12z',
    pause: '|M6.5 4.5h4v15h-4zM13.5 4.5h4v15h-4z',
    time: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 7v5l3.5 2.5',
    faster: 'M4 12a8 8 0 0 1 16 0M12 12l4-4',
    save: 'M12 3v12M7 10.5l5 5l5-5M4 20.5h16',
    python: 'M8 8l-4.5 4L8 16M16 8l4.5 4L16 16M13.5 5l-3 14',
    texts: 'M2.5 12S6 5.5 12 5.5S21.5 12 21.5 12S18 18.5 12 18.5S2.5 12 2.5 12M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6',
    textsHidden: 'M2.5 12S6 5.5 12 5.5S21.5 12 21.5 12S18 18.5 12 18.5S2.5 12 2.5 12M4 20L20 4',
    fullScreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
    leaveFullScreen: 'M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5',
    metadata: 'M4 4h16v16H4zM4 9h16M9.5 9v11M4 14.5h16',
    help: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M9.3 9.3a2.7 2.7 0 1 1 4 2.4c-.9.5-1.3 1-1.3 2|M12 15.6a1.1 1.1 0 1 0 0 2.2a1.1 1.1 0 1 0 0-2.2',
    series: 'M4 4h16v16H4zM9.5 4v16',
    annotations: 'M5 3.5h14v17H5zM8.5 8h7M8.5 12h7M8.5 16h4',
    close: 'M6 6l12 12M18 6L6 18',
    clear: 'M4 6.5h16M9.5 6.5V4h5v2.5M6.5 6.5l1 13.5h9l1-13.5',
    search: 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.3 15.3L21 21',
    down: 'M7 10l5 5l5-5',
    more: '|M5 10.4a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2M12 10.4a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2M19 10.4a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 1 0 0-3.2',
    copy: 'M8.5 8.5h12v12h-12zM15.5 8.5v-5h-12v12h5',
    information: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 11v6|M12 6.8a1.1 1.1 0 1 0 0 2.2a1.1 1.1 0 1 0 0-2.2',
    warning: 'M12 3.5L22 20.5H2zM12 10v5|M12 16.6a1 1 0 1 0 0 2a1 1 0 1 0 0-2',
};

/** @typedef {keyof typeof PATHS} IconName */

/** @param {string} d @param {string} name @returns {SVGPathElement} */
function path(d, name) {
    const made = document.createElementNS(SVG, 'path');
    made.setAttribute('d', d);
    made.setAttribute('class', name);
    return made;
}

/**
 * An icon; it says nothing to a screen reader, the button it is in has a name.
 *
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
    const made = document.createElementNS(SVG, 'svg');
    made.setAttribute('viewBox', '0 0 24 24');
    made.setAttribute('class', 'icon');
    made.setAttribute('aria-hidden', 'true');
    const [lines, filled] = PATHS[name].split('|');
    if (lines) made.append(path(lines, 'icon-line'));
    if (filled) made.append(path(filled, 'icon-fill'));
    return made;
}

/**
 * The icon of a layout: its cells.
 *
 * @param {number} rows
 * @param {number} columns
 * @returns {SVGSVGElement}
 */
export function gridIcon(rows, columns) {
    const made = document.createElementNS(SVG, 'svg');
    made.setAttribute('viewBox', '0 0 24 24');
    made.setAttribute('class', 'icon');
    made.setAttribute('aria-hidden', 'true');
    let d = 'M3 3h18v18H3z';
    for (let row = 1; row < rows; row += 1) d += `M3 ${3 + (18 * row) / rows}h18`;
    for (let column = 1; column < columns; column += 1) d += `M${3 + (18 * column) / columns} 3v18`;
    made.append(path(d, 'icon-line'));
    return made;
}

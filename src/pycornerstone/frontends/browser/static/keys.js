// @ts-check
/** The keyboard: what each key does, and the list of them for the help. */

import * as does from './commands.js';
import { app, emit, setTool } from './state.js';

/**
 * For the help; keys that annotations take are told by those.
 * @type {readonly {keys: string, what: string}[]}
 */
export const KEYS = [
    { keys: '↑ ↓ ← →', what: 'One slice back, or on' },
    { keys: 'Page up, Page down', what: 'Ten slices back, or on' },
    { keys: 'Home, End', what: 'The first slice, the last' },
    { keys: ', .', what: 'One point in time back, or on' },
    { keys: 'Space', what: 'Run through the slices, or stop' },
    { keys: '1 … 9', what: 'A window of the list of presets' },
    { keys: 'G', what: 'Window and colours of the next of several images over each other' },
    { keys: 'I', what: 'Black for white' },
    { keys: 'R, Shift R', what: 'Turn by 90°, clockwise or back' },
    { keys: 'H, V', what: 'Flip left to right, top to bottom' },
    { keys: '+ −', what: 'Magnify, or less' },
    { keys: '0', what: 'As it was at first' },
    { keys: 'W, P, Z, S', what: 'Drag for window, pan, zoom, scroll' },
    { keys: 'C', what: 'Crosshairs' },
    { keys: 'T', what: 'Hide the texts, or show them' },
    { keys: 'F', what: 'Full screen' },
    { keys: 'Enter', what: 'This image alone, or all again' },
    { keys: 'Tab', what: 'The next image' },
    { keys: 'Esc', what: 'Break off, and back' },
    { keys: '?', what: 'These keys' },
];

/** @type {Record<string, (event: KeyboardEvent) => void>} */
const ON_KEY = {
    ArrowUp: () => does.scroll(-1),
    ArrowLeft: () => does.scroll(-1),
    ArrowDown: () => does.scroll(1),
    ArrowRight: () => does.scroll(1),
    PageUp: () => does.scroll(-10),
    PageDown: () => does.scroll(10),
    Home: () => does.scrollTo('first'),
    End: () => does.scrollTo('last'),
    ' ': (event) => !event.repeat && does.toggleCine(),
    Enter: (event) => !event.repeat && does.toggleLarge(),
    Escape: does.back,
    ',': () => does.stepTime(-1),
    '.': () => does.stepTime(1),
    g: does.nextLayer,
    i: does.invert,
    r: (event) => does.rotate(event.shiftKey ? -90 : 90),
    h: () => does.flip(true),
    v: () => does.flip(false),
    '+': () => does.zoom(1.25),
    '=': () => does.zoom(1.25),
    '-': () => does.zoom(1 / 1.25),
    0: does.reset,
    w: () => setTool('window'),
    p: () => setTool('pan'),
    z: () => setTool('zoom'),
    s: () => setTool('scroll'),
    c: () => setTool('crosshairs'),
    t: does.toggleTexts,
    f: () => void does.toggleFullScreen(),
    '?': () => emit('help', null),
};
for (let digit = 1; digit <= 9; digit += 1) {
    ON_KEY[digit] = () => does.choosePreset(digit - 1);
}

/** In these, keys are for what is written or chosen there. */
const WRITING = 'input, select, textarea, dialog, [contenteditable], [role="menu"], [role="dialog"]';
/** In these, only letters and digits are for the images. */
const PRESSING = 'button, a, summary, [role="toolbar"], [role="listbox"], [role="option"], [role="tree"], aside';
const OF_BUTTONS = new Set([
    ...['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'],
    ...['PageUp', 'PageDown', 'Home', 'End', ' ', 'Enter'],
]);

/** Take the keys of the page. */
export function start() {
    document.addEventListener('keydown', (event) => {
        const target = event.target instanceof Element ? event.target : document.body;
        if (event.defaultPrevented || target.closest(WRITING)) {
            return;
        }
        if (event.key === 'Escape' && document.querySelector(':popover-open')) {
            return; // The browser closes the panel with it.
        }
        if (app.handlers.some((handler) => handler.key?.(event))) {
            event.preventDefault();
            return;
        }
        if (event.ctrlKey || event.metaKey || event.altKey) {
            return;
        }
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
        if (!Object.hasOwn(ON_KEY, key) || (OF_BUTTONS.has(key) && target.closest(PRESSING))) {
            return;
        }
        event.preventDefault();
        ON_KEY[key](event);
    });
}

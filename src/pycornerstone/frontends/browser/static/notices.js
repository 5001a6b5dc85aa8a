// @ts-check
/** What the user is to read: notices that go by themselves, errors that stay, and the banner of a lost server. */

import { focusActive } from './commands.js';
import { byId, el, fill } from './dom.js';
import { on } from './state.js';
import { tryAgain } from './socket.js';

/** @type {Record<Exclude<import('./state.js').Connection, 'open'>, string>} */
const BANNERS = {
    lost: 'The server does not answer. Trying again …',
    gone: 'The server is gone. What you see is its last picture. When it is started again at the same address, this page goes on.',
    refused:
        'The server was started again and does not know this page. Open the new address that it gave, in this tab or in another; this one then goes on.',
    full: 'Too many pages show these images. Close one of them; this page then goes on.',
    resting: 'This page was put to rest, since nobody used it. Go on where you were by a click or a key.',
};
const STAYS = 9000;
const MOST = 4;

/** Show notices, and whether the server is there. */
export function start() {
    const list = byId('notices');
    on('notice', ({ text, isError }) => notice(list, text, isError));
    const banner = byId('banner');
    on('connection', (connection) => {
        banner.hidden = connection === 'open';
        document.body.classList.toggle('disconnected', connection !== 'open');
        if (connection !== 'open' && banner.dataset.connection !== connection) {
            // Who hears it read out hears each news once.
            fill(banner, BANNERS[connection], again());
        }
        banner.dataset.connection = connection;
    });
    banner.hidden = true;
}

function again() {
    return el('button', { type: 'button', onclick: tryAgain }, 'Try now');
}

/**
 * @param {HTMLElement} list
 * @param {string} text
 * @param {boolean} isError
 */
function notice(list, text, isError) {
    for (const other of list.children) {
        if (other.querySelector('p')?.textContent === text) {
            other.remove();
        }
    }
    const shown = el(
        'div',
        { class: isError ? 'notice error' : 'notice' },
        el('p', {}, text),
        el('button', { type: 'button', 'aria-label': 'Close this notice', onclick: away }, '✕'),
    );
    function away() {
        const hadKeys = shown.contains(document.activeElement);
        shown.remove();
        if (hadKeys) {
            focusActive();
        }
    }
    function awayUnlessRead() {
        if (shown.matches(':hover, :focus-within')) {
            setTimeout(awayUnlessRead, STAYS);
        } else {
            shown.remove();
        }
    }
    list.append(shown);
    while (list.children.length > MOST) {
        list.firstElementChild?.remove();
    }
    if (!isError) {
        setTimeout(awayUnlessRead, STAYS);
    }
}

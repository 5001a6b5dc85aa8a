// @ts-check
/** The panel that chooses among points in time. */

import { setTimePoint, stepTime } from './commands.js';
import { el } from './dom.js';
import { slider } from './forms.js';
import { shownState } from './shown.js';

/** @returns {import('./popovers.js').Content} */
export function timePanel() {
    const count = shownState()?.numberOfTimePoints ?? 1;
    const point = slider({
        label: 'Time point',
        unit: `of ${count}`,
        min: 1,
        max: count,
        step: 1,
        value: (shownState()?.timePoint ?? 0) + 1,
        onValue: (value) => setTimePoint(Math.round(value) - 1),
    });
    const steps = el(
        'div',
        { class: 'segments' },
        el('button', { type: 'button', class: 'wide-button', onclick: () => stepTime(-1) }, 'Back'),
        el('button', { type: 'button', class: 'wide-button', onclick: () => stepTime(1) }, 'On'),
    );
    const refresh = () => point.show((shownState()?.timePoint ?? 0) + 1);
    return { children: [el('div', { class: 'adjust' }, point.element, steps)], focus: point.input, refresh };
}

// @ts-check
/** The page: its parts are started, then the connection is made. */

import { start as startAnnotationList } from './annotation-list.js';
import { start as startAnnotationTools } from './annotation-tools.js';
import { showFrame, start as startCells } from './cells.js';
import { byId } from './dom.js';
import { start as startInput } from './input.js';
import { start as startKeys } from './keys.js';
import { start as startMetadata } from './metadata-panel.js';
import { start as startNotices } from './notices.js';
import { start as startOverlay } from './overlay.js';
import { kept, start as startKeeping } from './restore.js';
import { start as startSeries } from './series-panel.js';
import { connect } from './socket.js';
import { start as startSpeaking } from './spoken.js';
import { emit } from './state.js';
import { start as startToolbar } from './toolbar.js';

const grid = byId('cells');
startNotices();
startCells(grid);
startOverlay();
startInput(grid);
startKeys();
for (const startPart of [
    startToolbar,
    startSeries,
    startMetadata,
    startAnnotationTools,
    startAnnotationList,
    startKeeping,
    startSpeaking,
]) {
    try {
        startPart();
    } catch (error) {
        // Without one of its panels, the page still shows images.
        console.error(error);
    }
}
connect(showFrame, kept);
emit('tool', 'window');

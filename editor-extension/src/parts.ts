/** Everything that comes after activation: a bundle of its own, so that activating reads little. */
export { showMenu } from './menu';
export { Server } from './server';
export { chooseBundle, eraseOutcomes, exportOutcomes, reportSuggestion, showStatistics } from './serverCommands';
export { setUpServer } from './setUpServer';
export { tellAboutSuggestList } from './suggestList';
export { writeCall } from './writeCall';

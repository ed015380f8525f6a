import { count, plural } from '../format.ts';

/** The Logs page. */
export const LOGS = {
  shown: (shown: number, all: number) =>
    shown === all ? plural(all, 'line') : `${count(shown)} newest of ${plural(all, 'line')}`,
  shownOlder: (shown: number, all: number) => `${count(shown)} of ${plural(all, 'line')}`,
  copyTitle: 'Copies every line that is shown',
  follow: 'Follow',
  lines: 'Log lines',
  log: 'Log',
  level: 'Level',
  levels: { all: 'All', info: 'Info', warn: 'Warn', error: 'Error' },
  area: 'Area',
  anyArea: 'Any area',
  search: 'Area, message or job ID',
  searchLabel: 'Search the log',
  searchKey: 'Ctrl F',
  newer: (many: number) => plural(many, 'newer line'),
  earlier: (many: number) => `Show ${count(many)} earlier`,
  later: (many: number) => `Show ${count(many)} later`,
  foot: 'Local time. Up and Down move, Enter opens a line, End follows.',
  none: { title: 'No lines yet', say: 'What the worker does appears here as it happens.' },
  noMatch: {
    title: (what: string) => (what === '' ? 'No line matches' : `No line matches “${what}”`),
    say: (many: number) => `${plural(many, 'line')} searched.`,
    clear: 'Clear the search',
  },
} as const;

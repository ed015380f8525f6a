import { command } from '../../../command.ts';

/** Groups the commands about projects. */
export const projects = command({
  summary: 'Let several projects share a studio, each with limits of its own',
  examples: ['studio-worker studio projects list'],
  args: {},
  subCommands: {
    list: async () => (await import('./list.ts')).projectsList,
    show: async () => (await import('./show.ts')).projectsShow,
    add: async () => (await import('./add.ts')).projectsAdd,
    set: async () => (await import('./set.ts')).projectsSet,
    rm: async () => (await import('./rm.ts')).projectsRm,
  },
});

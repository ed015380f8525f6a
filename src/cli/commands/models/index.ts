import { command } from '../../command.ts';

/** Groups the commands about models on this disk. */
export const models = command({
  summary: 'Manage the models on this disk',
  examples: ['studio-worker models list'],
  args: {},
  subCommands: {
    list: async () => (await import('./list.ts')).list,
    show: async () => (await import('./show.ts')).show,
    pull: async () => (await import('./pull.ts')).pull,
    load: async () => (await import('./load.ts')).load,
    unload: async () => (await import('./unload.ts')).unload,
    verify: async () => (await import('./verify.ts')).verify,
    rm: async () => (await import('./rm.ts')).rm,
    gc: async () => (await import('./gc.ts')).gc,
  },
});

import { command } from '../../command.ts';

/** Groups the commands about models. */
export const models = command({
  summary: 'Manage the models the studio may offer',
  examples: ['studio-worker studio models list'],
  args: {},
  subCommands: {
    add: async () => (await import('./models-add.ts')).modelsAdd,
    list: async () => (await import('./models-list.ts')).modelsList,
    rm: async () => (await import('./models-rm.ts')).modelsRm,
  },
});

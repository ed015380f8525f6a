import * as v from 'valibot';

/** The settings that every release of the contract can edit. All of them are required when they are written. */
export const EditableConfigSchema = v.object({
  apiBaseUrl: v.string(),
  vramThresholdGb: v.number(),
  memoryMaxGb: v.number(),
  autoStart: v.boolean(),
  startMinimised: v.boolean(),
  onlyWhenIdle: v.boolean(),
  autoUpdateEnabled: v.boolean(),
  autoUpdateIntervalSecs: v.number(),
  autoUpdateFeed: v.string(),
  autoUpdatePrerelease: v.boolean(),
  modelsRoot: v.string(),
});
export type EditableConfig = v.InferOutput<typeof EditableConfigSchema>;

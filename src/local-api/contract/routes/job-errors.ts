/** What may come of a job that a program asks for. */
export const JOB_ERRORS = {
  400: ['bad_request', 'wrong_model', 'model_disabled', 'task_invalid'],
  404: ['unknown_model'],
  409: ['insufficient_memory', 'not_possible'],
  500: ['engine_failed'],
  503: ['busy', 'engine_unavailable'],
} as const;

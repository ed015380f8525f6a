/** No engine draws a longer side. */
export const MAX_SIDE_PX = 16_384;
/** Diffusion models were trained on so many steps of noise; more of them change nothing. */
export const MAX_STEPS = 1000;

/** The unit of windows and periods: 24 hours, whatever clocks on walls do. */
export const DAY_MS = 86_400_000;

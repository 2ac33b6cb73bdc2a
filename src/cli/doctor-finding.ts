/** What the doctor found of one thing that it looked at. */
export interface DoctorFinding {
  /** What was looked at: `configuration`, `clock`, `token soft`, `key foo of /prefix`, `events file`, `probe of /prefix`. */
  readonly subject: string;
  /** `warning`: works, or may be meant so; `problem`: does not work. */
  readonly severity: 'ok' | 'warning' | 'problem';
  readonly text: string;
}

/** A finding about `subject`. */
export function found(subject: string, severity: DoctorFinding['severity'], text: string): DoctorFinding {
  return { subject, severity, text };
}

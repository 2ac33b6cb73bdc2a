/** Lets logins to one token happen one after the other: the first one alone finds out whether the PIN is right. */
export class LoginGate {
  readonly #lastBySerial = new Map<string, Promise<unknown>>();

  /** Runs `login` when every earlier one to the token with this serial number has ended, however it ended. */
  enter<T>(tokenSerial: string, login: () => Promise<T>): Promise<T> {
    const last = this.#lastBySerial.get(tokenSerial) ?? Promise.resolve();
    const turn = last.then(login, login);
    this.#lastBySerial.set(
      tokenSerial,
      turn.catch(() => undefined),
    );
    return turn;
  }
}

/** Lets logins to one token happen one after the other: the first one alone finds out whether the PIN is right. */
export class LoginGate {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `login` when every earlier one has ended, however it ended. */
  enter<T>(login: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(login, login);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

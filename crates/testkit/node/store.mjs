// What the provider remembers, in memory and without a bound: a test is short.

const kept = new Map();
const grants = new Map();

export class Store {
  static #state;

  static with(state) {
    Store.#state = state;
    return Store;
  }

  // Somebody (or everybody) takes back at the vendor what the user had allowed.
  static withdraw(account) {
    for (const [key, entry] of kept) {
      const { kind, accountId } = entry;
      const granted = ["AccessToken", "RefreshToken", "AuthorizationCode", "Grant"].includes(kind);
      if (granted && (!account || accountId === account)) kept.delete(key);
    }
  }

  constructor(model) {
    this.model = model;
  }

  #key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    const key = this.#key(id);
    kept.set(key, payload);
    if (payload.uid) kept.set(`${this.model}.uid:${payload.uid}`, { id });
    if (payload.grantId) grants.set(payload.grantId, [...(grants.get(payload.grantId) ?? []), key]);
  }

  async find(id) {
    return kept.get(this.#key(id));
  }

  async findByUid(uid) {
    const found = kept.get(`${this.model}.uid:${uid}`);
    return found && this.find(found.id);
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    const payload = await this.find(id);
    const used = () => { payload.consumed = Math.floor(Date.now() / 1000); };
    const grace = this.model === "RefreshToken" ? Store.#state.grace : 0;
    if (grace > 0) setTimeout(used, grace * 1000).unref();
    else used();
  }

  async destroy(id) {
    kept.delete(this.#key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of grants.get(grantId) ?? []) kept.delete(key);
    grants.delete(grantId);
  }
}

import { until } from "./until";

export interface Answer<Body> {
  status: number;
  body: Body;
}

/** What a service of the shop says about what it depends on. */
export interface Health {
  status: string;
  checks: Record<string, string>;
}

export interface Order {
  id: number;
  name: string;
  quantity: number;
  cents: number;
  status: string;
}

/** A customer with a browser at the shop's gateway. */
export class ShopClient {
  private token = "";

  /** @param base address of the gateway */
  constructor(readonly base: string) {}

  async ask<Body>(path: string, body?: object): Promise<Answer<Body>> {
    const response = await fetch(`${this.base}${path}`, {
      method: body ? "POST" : "GET",
      headers: {
        Connection: "close",
        ...(body ? { "Content-Type": "application/json" } : {}),
        ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(15_000),
    });
    return { status: response.status, body: (await response.json()) as Body };
  }

  /** Waits until a service says that all it depends on is there. */
  async healthy(service: string, seconds = 60): Promise<void> {
    await until(`${service} to be healthy`, seconds, async () => {
      const { body, status } = await this.ask<Health>(`/health/${service}`);
      if (status !== 200) {
        throw new Error(JSON.stringify(body));
      }
      return true;
    });
  }

  /** Makes an account. A task that is there may wait for its database a moment longer than another. */
  async register(customer: { name: string; password: string }): Promise<void> {
    await until("an account", 60, async () => {
      const { body, status } = await this.ask("/api/users", customer);
      if (status !== 201) {
        throw new Error(`it answers ${status}: ${JSON.stringify(body)}`);
      }
      return true;
    });
  }

  async signIn(customer: { name: string; password: string }): Promise<void> {
    this.token = "";
    const { body, status } = await this.ask<{ token: string }>("/api/sessions", customer);
    if (status !== 201) {
      throw new Error(`signing in answers ${status}: ${JSON.stringify(body)}`);
    }
    this.token = body.token;
  }

  /** Orders a product by its name and returns the order's id. */
  async order(name: string, quantity: number): Promise<number> {
    const { body: products } = await this.ask<{ id: number; name: string }[]>("/api/products");
    const product = products.find((offered) => offered.name === name)?.id;
    const { body, status } = await this.ask<Order>("/api/orders", { product, quantity });
    if (status !== 201) {
      throw new Error(`an order answers ${status}: ${JSON.stringify(body)}`);
    }
    return body.id;
  }

  /** The order as it is once it was taken from the queue. */
  confirmed(order: number, seconds = 30): Promise<Order> {
    return until("the confirmation", seconds, async () => {
      const { body } = await this.ask<Order>(`/api/orders/${order}`);
      return body.status === "confirmed" ? body : undefined;
    });
  }
}

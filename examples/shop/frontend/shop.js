/* global document, FormData */
/* The shop in the browser. The token of the session stays in the page's memory and is gone with it. */
let token = "";

/** @param {string} id */
const element = (id) => document.getElementById(id);
/** @param {string} text */
const tell = (text) => (element("message").textContent = text);
/** @param {number} cents */
const price = (cents) => `${(cents / 100).toFixed(2)} €`;

/** Asks the gateway; what it refuses is thrown in its own words. */
async function ask(path, body) {
  const response = await fetch(`/api${path}`, {
    method: body ? "POST" : "GET",
    headers: {
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const answer = await response.json().catch(() => ({ error: `the shop answers ${response.status}` }));
  if (!response.ok) {
    throw new Error(answer.error);
  }
  return answer;
}

async function order(product) {
  const { id } = await ask("/orders", { product: product.id, quantity: 1 });
  tell(`Order ${id}: ${product.name}. It is being confirmed …`);
  for (let tries = 0; tries < 20; tries += 1) {
    const { status } = await ask(`/orders/${id}`);
    if (status === "confirmed") {
      tell(`Order ${id} is confirmed.`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function showProducts() {
  const items = (await ask("/products")).map((product) => {
    const item = document.createElement("li");
    for (const text of [product.name, price(product.cents)]) {
      item.appendChild(document.createElement("span")).textContent = text;
    }
    const button = item.appendChild(document.createElement("button"));
    button.textContent = "Order";
    button.addEventListener("click", () => order(product).catch((error) => tell(error.message)));
    return item;
  });
  element("products").replaceChildren(...items);
}

element("account").addEventListener("submit", async (event) => {
  event.preventDefault();
  const credentials = Object.fromEntries(new FormData(event.target));
  try {
    if (event.submitter?.value === "register") {
      await ask("/users", credentials);
    }
    ({ token } = await ask("/sessions", credentials));
    element("customer").textContent = credentials.name;
    tell("");
  } catch (error) {
    tell(error.message);
  }
});

showProducts().catch((error) => tell(error.message));

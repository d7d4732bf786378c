/** What an order costs. All prices are whole cents. */

/** The sum of all lines, each with its price and quantity. */
export function subtotal(lines) {
  return lines.reduce((sum, line) => sum + line.price * line.quantity, 0);
}

/** The sum after a discount of so many percent, rounded to a whole cent. */
export function total(lines, discountPercent = 0) {
  const sum = subtotal(lines);
  return Math.round(sum + (sum * discountPercent) / 100);
}

/** Orders from 50.00 on are sent for free. */
export function shipping(sum) {
  return sum >= 5000 ? 0 : 490;
}

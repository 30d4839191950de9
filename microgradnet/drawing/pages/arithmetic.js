// What the table's rules call and JavaScript's Math has not: as in Python and NumPy.

function remainder(x, y) {
  const rest = x % y; // with the sign of x
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

function floorDivide(x, y) {
  const exact = (x - remainder(x, y)) / y;
  const whole = Math.floor(exact);
  return exact - whole > 0.5 ? whole + 1 : whole;
}

function roundToEven(x) {
  const rest = x - Math.floor(x);
  if (rest !== 0.5) return Math.round(x);
  return 2 * Math.round(x / 2);
}

function copysign(x, y) {
  const negative = y < 0 || Object.is(y, -0);
  return negative ? -Math.abs(x) : Math.abs(x);
}

function angle(x, y) {
  return x === 0 && y === 0 ? NaN : Math.atan2(x, y);
}

function addLogs(x, y) {
  return x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)));
}

// Abramowitz and Stegun, 7.1.6 (a series of positive terms) and 7.1.14 (a continued fraction).
function erf(x) {
  if (Math.abs(x) > 2) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function erfc(x) {
  if (x <= 2) return x < -2 ? 2 - erfc(-x) : 1 - erf(x);
  let fraction = x;
  for (let k = 80; k > 0; k -= 1) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

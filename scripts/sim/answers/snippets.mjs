// Programs that parse, several a language. Each begins with the words by which
// a prompt asks for it.

export const SNIPPETS = {
  python: [
    [
      "fibonacci sequence",
      `def fibonacci(n: int) -> list[int]:
    """The first n Fibonacci numbers."""
    values = []
    a, b = 0, 1
    for _ in range(n):
        values.append(a)
        a, b = b, a + b
    return values`,
    ],
    [
      "palindrome check string",
      `def is_palindrome(text: str) -> bool:
    letters = [c.lower() for c in text if c.isalnum()]
    return letters == letters[::-1]`,
    ],
    [
      "merge two sorted lists",
      `def merge_sorted(left: list[int], right: list[int]) -> list[int]:
    """Merges two sorted lists into one, in linear time."""
    merged, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    return merged + left[i:] + right[j:]`,
    ],
    [
      "read csv file rows parse sum",
      `import csv
from pathlib import Path


def column_total(path: Path, column: str) -> float:
    with path.open(newline="") as handle:
        return sum(float(row[column] or 0) for row in csv.DictReader(handle))`,
    ],
    [
      "class cache lru stack queue",
      `class Cache:
    def __init__(self, limit: int = 128):
        self.limit = limit
        self.items = {}

    def get(self, key, default=None):
        return self.items.get(key, default)

    def put(self, key, value):
        if len(self.items) >= self.limit:
            self.items.pop(next(iter(self.items)))
        self.items[key] = value`,
    ],
  ],
  javascript: [
    [
      "debounce throttle function",
      `function debounce(fn, wait = 200) {
  let timer = null;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), wait);
  };
}`,
    ],
    [
      "group by array objects count",
      `const groupBy = (items, key) =>
  items.reduce((groups, item) => {
    const name = item[key] ?? 'none';
    (groups[name] ||= []).push(item);
    return groups;
  }, {});`,
    ],
    [
      "fetch retry async api request",
      `async function fetchWithRetry(url, attempts = 3) {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url);
      if (response.ok) return await response.json();
      throw new Error(\`status \${response.status}\`);
    } catch (error) {
      if (attempt >= attempts) throw error;
    }
  }
}`,
    ],
    [
      "deep clone flatten nested",
      `export function flatten(list, depth = Infinity) {
  return list.flatMap((item) =>
    Array.isArray(item) && depth > 0 ? flatten(item, depth - 1) : [item],
  );
}`,
    ],
  ],
  typescript: [
    [
      "generic map result type",
      `type Result<T, E = Error> = { ok: true; value: T } | { ok: false; error: E };

export function attempt<T>(run: () => T): Result<T> {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    return { ok: false, error: error as Error };
  }
}`,
    ],
    [
      "interface user validate guard",
      `interface User {
  id: number;
  name: string;
  email?: string;
}

export const isUser = (value: unknown): value is User =>
  typeof value === 'object' && value !== null && 'id' in value && 'name' in value;`,
    ],
    [
      "event emitter class",
      `export class Emitter<Events extends Record<string, unknown>> {
  private listeners: { [K in keyof Events]?: Array<(payload: Events[K]) => void> } = {};

  on<K extends keyof Events>(name: K, listener: (payload: Events[K]) => void): void {
    (this.listeners[name] ??= []).push(listener);
  }

  emit<K extends keyof Events>(name: K, payload: Events[K]): void {
    this.listeners[name]?.forEach((listener) => listener(payload));
  }
}`,
    ],
  ],
  rust: [
    [
      "word count hashmap text",
      `use std::collections::HashMap;

pub fn word_counts(text: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    counts
}`,
    ],
    [
      "struct trait shape area",
      `pub trait Shape {
    fn area(&self) -> f64;
}

pub struct Circle {
    pub radius: f64,
}

impl Shape for Circle {
    fn area(&self) -> f64 {
        std::f64::consts::PI * self.radius * self.radius
    }
}`,
    ],
    [
      "binary search slice sorted",
      `pub fn find<T: Ord>(items: &[T], wanted: &T) -> Option<usize> {
    let (mut low, mut high) = (0, items.len());
    while low < high {
        let middle = low + (high - low) / 2;
        match items[middle].cmp(wanted) {
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}`,
    ],
  ],
  go: [
    [
      "http handler server json",
      `package main

import (
	"encoding/json"
	"net/http"
)

func health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"status": "ok"})
}

func main() {
	http.HandleFunc("/health", health)
	http.ListenAndServe(":8080", nil)
}`,
    ],
    [
      "worker pool goroutine channel",
      `package pool

import "sync"

func Run(jobs []func(), workers int) {
	queue := make(chan func())
	var wait sync.WaitGroup
	for i := 0; i < workers; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for job := range queue {
				job()
			}
		}()
	}
	for _, job := range jobs {
		queue <- job
	}
	close(queue)
	wait.Wait()
}`,
    ],
    [
      "reverse string slice",
      `package text

func Reverse(s string) string {
	runes := []rune(s)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}`,
    ],
  ],
  java: [
    [
      "prime numbers sieve",
      `import java.util.ArrayList;
import java.util.List;

public class Primes {
    public static List<Integer> upTo(int limit) {
        List<Integer> found = new ArrayList<>();
        for (int n = 2; n <= limit; n++) {
            boolean prime = true;
            for (int d = 2; d * d <= n && prime; d++) {
                prime = n % d != 0;
            }
            if (prime) {
                found.add(n);
            }
        }
        return found;
    }
}`,
    ],
    [
      "linked list node class",
      `public class LinkedList<T> {
    private static class Node<T> {
        T value;
        Node<T> next;

        Node(T value) {
            this.value = value;
        }
    }

    private Node<T> head;

    public void prepend(T value) {
        Node<T> node = new Node<>(value);
        node.next = head;
        head = node;
    }
}`,
    ],
    [
      "record stream filter sort",
      `import java.util.Comparator;
import java.util.List;

record Order(String customer, double total) {}

class Orders {
    static List<Order> largest(List<Order> orders, double minimum) {
        return orders.stream()
            .filter(order -> order.total() >= minimum)
            .sorted(Comparator.comparingDouble(Order::total).reversed())
            .toList();
    }
}`,
    ],
  ],
  sql: [
    [
      "top customers orders revenue total",
      `SELECT c.name, SUM(o.total) AS revenue
FROM customers AS c
JOIN orders AS o ON o.customer_id = c.id
WHERE o.status = 'paid'
GROUP BY c.name
ORDER BY revenue DESC
LIMIT 10;`,
    ],
    [
      "duplicate rows emails count",
      `SELECT email, COUNT(*) AS copies
FROM users
GROUP BY email
HAVING COUNT(*) > 1;`,
    ],
    [
      "create table schema",
      `CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  price NUMERIC(10, 2) NOT NULL,
  created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);`,
    ],
    [
      "second highest salary employees",
      `SELECT MAX(salary) AS second_highest
FROM employees
WHERE salary < (SELECT MAX(salary) FROM employees);`,
    ],
  ],
  bash: [
    [
      "backup files directory archive",
      `#!/usr/bin/env bash
set -euo pipefail

source_dir="\${1:?usage: backup.sh DIRECTORY}"
target="backup-$(date +%Y%m%d).tar.gz"
if [ ! -d "$source_dir" ]; then
  echo "no such directory: $source_dir" >&2
  exit 1
fi
tar -czf "$target" "$source_dir"
echo "wrote $target"`,
    ],
    [
      "count lines rename files loop",
      `#!/usr/bin/env bash
for file in *.log; do
  lines=$(wc -l < "$file")
  echo "$file: $lines"
done`,
    ],
    [
      "wait for port service retry",
      `#!/usr/bin/env bash
host="$1"
port="$2"
for attempt in 1 2 3 4 5; do
  if nc -z "$host" "$port"; then
    echo "up after $attempt attempts"
    exit 0
  fi
  sleep 1
done
exit 1`,
    ],
  ],
};

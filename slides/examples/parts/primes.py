def is_prime(n):
    return all(n % k for k in range(2, n))

print([n for n in range(2, 30) if is_prime(n)])

/// The mark of a faulty key generator (CVE-2017-15361) whose RSA keys can be factored.
enum ROCA {
    /// Whether `modulus` (big-endian) is a power of 65537 modulo every small prime, as the faulty
    /// generator's are; others practically never are.
    static func hasFingerprint(_ modulus: [UInt8]) -> Bool {
        powers.allSatisfy { prime, powers in
            powers[modulus.reduce(0) { ($0 * 256 + Int($1)) % prime }]
        }
    }

    /// For each odd prime up to 167, which residues are powers of 65537.
    private static let powers: [(prime: Int, powers: [Bool])] = primes.map { prime in
        var powers = [Bool](repeating: false, count: prime)
        var power = 1
        repeat {
            powers[power] = true
            power = power * 65537 % prime
        } while power != 1
        return (prime, powers)
    }

    private static let primes = (3...167).filter { number in
        !(2..<number).contains { number % $0 == 0 }
    }
}

/// What a key is, with the size of an RSA modulus in bits.
package enum KeyKind: Sendable, Equatable, Hashable {
    case ed25519
    case p256
    case p384
    case rsa(bits: Int)
}

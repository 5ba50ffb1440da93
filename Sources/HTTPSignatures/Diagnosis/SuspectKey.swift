/// A key that may have made a signature that failed.
package struct SuspectKey: Sendable {
    package let name: String
    package let key: VerificationKey
    package let role: Role

    /// Why a key is tried.
    package enum Role: Sendable, Equatable {
        /// The one that the signature names.
        case named
        /// Another that the peer publishes.
        case other
        /// One that the peer published before.
        case previous
    }

    package init(name: String, key: VerificationKey, role: Role) {
        self.name = name
        self.key = key
        self.role = role
    }

    /// What it means that this key made the signature; nil when that is as it should be.
    var distortion: Distortion? {
        switch role {
        case .named: nil
        case .other: Distortion(.otherKey, signed: name)
        case .previous: Distortion(.previousKey, signed: name)
        }
    }
}

/// A body that may have been the signer's.
package struct SuspectBody: Sendable {
    package let bytes: [UInt8]
    package let distortion: Distortion

    package init(_ bytes: [UInt8], _ distortion: Distortion) {
        self.bytes = bytes
        self.distortion = distortion
    }
}

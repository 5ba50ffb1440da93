@testable import Gateway

/// The generations as the gateway remembers them; HTTPSignatures has a type of the same name.
typealias Generation = SignatureGeneration

// Package apivalid does what kube-apiserver does to a NetworkPolicy that somebody creates, with the
// API server's own code: strict decoding, defaults, conversion, validation. What it lets through is
// what an agent can meet in a cluster.
package apivalid

import (
	"errors"
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/kubernetes/pkg/apis/networking"
	defaults "k8s.io/kubernetes/pkg/apis/networking/v1"
	"k8s.io/kubernetes/pkg/apis/networking/validation"
	"netpolcheck.example/fuzz/shared/stage"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// Errors are looked at, never shown: making their text costs more than finding them.
var errOtherKind = errors.New("not a networking.k8s.io/v1 NetworkPolicy")

// Decode is the strict decoder: case-sensitive, no unknown or repeated fields.
func Decode(data []byte) (*networkingv1.NetworkPolicy, error) {
	policy := &networkingv1.NetworkPolicy{}
	text := data
	if len(data) == 0 || data[0] != '{' {
		var err error
		if text, err = yaml.YAMLToJSONStrict(data); err != nil {
			return nil, err
		}
	}
	strict, err := kjson.UnmarshalStrict(text, policy)
	switch {
	case err != nil:
		return nil, err
	case len(strict) > 0:
		return nil, strict[0]
	case policy.Kind != "NetworkPolicy" || policy.APIVersion != "networking.k8s.io/v1":
		return nil, errOtherKind
	}
	return policy, nil
}

// stored sets what the server sets whoever asks. The UID is the same one every time: a fuzz target
// must not depend on chance.
func stored(policy *networkingv1.NetworkPolicy) {
	if policy.Namespace == "" {
		policy.Namespace = "default"
	}
	if policy.Name == "" && policy.GenerateName != "" {
		policy.Name = policy.GenerateName + "x5b7c"
	}
	policy.UID = "5d0b1f0e-9c1a-4c52-8a57-6f0d6a5e2b11"
	policy.ResourceVersion = ""
	policy.Generation = 1
	policy.ManagedFields = nil
	policy.DeletionTimestamp = nil
	policy.DeletionGracePeriodSeconds = nil
}

// Create is the whole way, and how far it went. The policy is as an agent's watch would deliver it.
func Create(data []byte) (*networkingv1.NetworkPolicy, int, error) {
	policy, err := Decode(data)
	if err != nil {
		return nil, stage.Unreadable, err
	}
	stored(policy)
	defaults.SetObjectDefaults_NetworkPolicy(policy)
	internal := &networking.NetworkPolicy{}
	// The conversion shares memory with its input, which validation does not change.
	if err := defaults.Convert_v1_NetworkPolicy_To_networking_NetworkPolicy(policy, internal, nil); err != nil {
		return nil, stage.Refused, err
	}
	options := validation.ValidationOptionsForNetworking(internal, nil)
	if errs := validation.ValidateNetworkPolicy(internal, options); len(errs) > 0 {
		return policy, stage.Refused, fmt.Errorf("%d errors, the first at %s", len(errs), errs[0].Field)
	}
	policy.ResourceVersion = "1"
	return policy, stage.Accepted, nil
}

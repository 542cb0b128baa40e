// weave-npc's handling of NetworkPolicy: its controller, with sets and rules in memory instead of ipset
// and iptables, in a world of two namespaces and a few pods. What kube-apiserver accepts is created,
// updated and deleted again.
//
// A panic is a finding by itself. NP_EXAMPLE_STRICT=1 makes one of what weave-npc only logs (it counts an
// error and goes on without the policy): an operation that fails, sets behind an update that are not those of
// the same policy created, and sets or rules that are left when every policy is gone.
package main

/*
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"reflect"
	"strings"
	"unsafe"

	coreapi "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/kubernetes/pkg/apis/networking"
	defaults "k8s.io/kubernetes/pkg/apis/networking/v1"
	"k8s.io/kubernetes/pkg/apis/networking/validation"
	"sigs.k8s.io/yaml"

	"github.com/weaveworks/weave/common"
	"github.com/weaveworks/weave/net/ipset"
	"github.com/weaveworks/weave/npc"
	"netpolcheck.example/fuzz/shared/known"
	"netpolcheck.example/fuzz/shared/stage"
)

var (
	strict = os.Getenv("NP_EXAMPLE_STRICT") == "1"
	// All of them one after the other, for making an input smaller: then it must not matter which one its
	// bytes choose.
	everyUpdate = os.Getenv("NP_EXAMPLE_UPDATES") == "all"
)

func init() {
	common.Log.SetOutput(io.Discard)
	common.SetLogLevel("panic")
}

// sets is ipset(8) as weave-npc uses it: an entry may have several users, a set that exists cannot be
// created, nor one be changed that does not.
type sets map[ipset.Name]map[string]map[types.UID]bool

func (s sets) Create(name ipset.Name, _ ipset.Type) error {
	if s[name] != nil {
		return errors.New("set exists")
	}
	s[name] = map[string]map[types.UID]bool{}
	return nil
}

func (s sets) AddEntry(user types.UID, name ipset.Name, entry, _ string) error {
	if s[name] == nil {
		return errors.New("entry for a set that does not exist")
	}
	if s[name][entry] == nil {
		s[name][entry] = map[types.UID]bool{}
	}
	s[name][entry][user] = true
	return nil
}

// Like weave's: who is no user of an entry takes nothing away.
func (s sets) DelEntry(user types.UID, name ipset.Name, entry string) error {
	delete(s[name][entry], user)
	if len(s[name][entry]) == 0 {
		delete(s[name], entry)
	}
	return nil
}

func (s sets) Exist(user types.UID, name ipset.Name, entry string) bool { return s[name][entry][user] }

func (s sets) Flush(name ipset.Name) error {
	s[name] = map[string]map[types.UID]bool{}
	return nil
}

func (s sets) Destroy(name ipset.Name) error {
	if s[name] == nil {
		return errors.New("no such set")
	}
	delete(s, name)
	return nil
}

func (s sets) List(string) ([]ipset.Name, error) { return nil, nil }
func (s sets) FlushAll() error                   { return nil }
func (s sets) DestroyAll() error                 { return nil }

// tables is iptables(8): rules may repeat, and what is not there cannot be deleted.
type tables map[string]int

func (t tables) key(table, chain string, rule []string) string {
	return table + " " + chain + " " + strings.Join(rule, " ")
}

func (t tables) Append(table, chain string, rule ...string) error {
	t[t.key(table, chain, rule)]++
	return nil
}

func (t tables) Insert(table, chain string, _ int, rule ...string) error {
	return t.Append(table, chain, rule...)
}

func (t tables) Delete(table, chain string, rule ...string) error {
	k := t.key(table, chain, rule)
	if t[k] == 0 {
		return errors.New("no such rule")
	}
	if t[k]--; t[k] == 0 {
		delete(t, k)
	}
	return nil
}

// create is kube-apiserver's way of a policy, with the code of its version: strict decoding, defaults,
// validation.
func create(data []byte) (*networkingv1.NetworkPolicy, int) {
	policy := &networkingv1.NetworkPolicy{}
	if err := yaml.UnmarshalStrict(data, policy); err != nil {
		return nil, stage.Unreadable
	}
	if policy.Kind != "NetworkPolicy" || policy.APIVersion != "networking.k8s.io/v1" {
		return nil, stage.Unreadable
	}
	if policy.Name == "" && policy.GenerateName != "" {
		policy.Name = policy.GenerateName + "x5b7c"
	}
	policy.Namespace = "default"
	policy.UID = "5d0b1f0e-9c1a-4c52-8a57-6f0d6a5e2b11"
	policy.Generation = 1
	policy.ResourceVersion = ""
	policy.ManagedFields = nil
	policy.DeletionTimestamp = nil
	policy.DeletionGracePeriodSeconds = nil
	defaults.SetObjectDefaults_NetworkPolicy(policy)
	internal := &networking.NetworkPolicy{}
	if err := defaults.Convert_v1_NetworkPolicy_To_networking_NetworkPolicy(policy.DeepCopy(), internal, nil); err != nil {
		return nil, stage.Refused
	}
	if len(validation.ValidateNetworkPolicy(internal)) > 0 {
		return nil, stage.Refused
	}
	return policy, stage.Accepted
}

func namespace(name string) *coreapi.Namespace {
	return &coreapi.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, UID: types.UID("ns-" + name), Labels: map[string]string{"ns": name, "team": name},
	}}
}

func pod(ns, name, ip string) *coreapi.Pod {
	return &coreapi.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: ns, Name: name, UID: types.UID(ns + "-" + name), Labels: map[string]string{"pod": name, "app": name},
		},
		Spec:   coreapi.PodSpec{NodeName: "node"},
		Status: coreapi.PodStatus{PodIP: ip},
	}
}

// The API server, which weave-npc asks for namespaces it has not seen; nothing changes in it.
var api = fake.NewSimpleClientset(namespace("default"), namespace("other"))

// world is a controller that has seen two namespaces and their pods.
func world() (npc.NetworkPolicyController, sets, tables) {
	s, t := sets{}, tables{}
	controller := npc.New("node", t, s, api)
	for i, ns := range []string{"default", "other"} {
		must(controller.AddNamespace(namespace(ns)))
		for j, name := range []string{"a", "b"} {
			must(controller.AddPod(pod(ns, name, fmt.Sprintf("10.0.%d.%d", i, j+1))))
		}
	}
	return controller, s, t
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("the world cannot be made: %v", err))
	}
}

// selectors lists every pod selector of a policy, its own first.
func selectors(p *networkingv1.NetworkPolicy) []*metav1.LabelSelector {
	all := []*metav1.LabelSelector{&p.Spec.PodSelector}
	peers := []networkingv1.NetworkPolicyPeer{}
	for _, r := range p.Spec.Ingress {
		peers = append(peers, r.From...)
	}
	for _, r := range p.Spec.Egress {
		peers = append(peers, r.To...)
	}
	for _, peer := range peers {
		if peer.PodSelector != nil {
			all = append(all, peer.PodSelector)
		}
	}
	return all
}

// change is an update that somebody may make; which one, the document decides. Each gives a policy that is as
// valid as it was.
func change(old *networkingv1.NetworkPolicy, choice uint32) *networkingv1.NetworkPolicy {
	p := old.DeepCopy()
	switch choice % 4 {
	case 0: // nothing but labels
		p.Labels = map[string]string{"changed": "yes"}
	case 1: // both directions, or one alone
		if len(p.Spec.PolicyTypes) > 1 {
			p.Spec.PolicyTypes = p.Spec.PolicyTypes[:1]
		} else {
			p.Spec.PolicyTypes = []networkingv1.PolicyType{"Ingress", "Egress"}
		}
	case 2: // every rule gone
		p.Spec.Ingress, p.Spec.Egress = nil, nil
	case 3: // its selectors moved on by one place
		all := selectors(p)
		last := *all[len(all)-1]
		for i := len(all) - 1; i > 0; i-- {
			*all[i] = *all[i-1]
		}
		*all[0] = last
	}
	return p
}

// sameAsCreated holds the sets behind an update against those of a world in which the policy was like that from
// the start: how a cluster came to its policies must not matter.
func sameAsCreated(policy *networkingv1.NetworkPolicy, updated sets) error {
	controller, s, _ := world()
	if err := controller.AddNetworkPolicy(policy.DeepCopy()); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if !reflect.DeepEqual(s, updated) {
		return errors.New("update: the sets are not those that creating it gives")
	}
	return nil
}

// life is that of a policy: created, updated, deleted. Weave-npc sorts excepts in place, so it gets
// copies, as it would from a watch.
func life(policy *networkingv1.NetworkPolicy, choice uint32) error {
	controller, s, t := world()
	n := [2]int{len(s), len(t)}
	second := change(policy, choice)
	if err := controller.AddNetworkPolicy(policy.DeepCopy()); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := controller.UpdateNetworkPolicy(policy.DeepCopy(), second.DeepCopy()); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	if err := sameAsCreated(second, s); err != nil {
		return err
	}
	if err := controller.DeleteNetworkPolicy(second.DeepCopy()); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	// One rule stays by design: the drop behind the first policy with egress.
	if len(s) != n[0] || len(t) > n[1]+1 {
		return fmt.Errorf("left behind: %d sets of %d, %d rules of %d", len(s), n[0], len(t), n[1])
	}
	return nil
}

func one(text []byte) int {
	policy, how := create(text)
	if how != stage.Accepted {
		return how
	}
	h := fnv.New32a()
	h.Write(text)
	choices := []uint32{h.Sum32() >> 8}
	if everyUpdate {
		choices = []uint32{0, 1, 2, 3}
	}
	for _, c := range choices {
		if err := life(policy, c); err != nil {
			if strict {
				panic(fmt.Sprintf("accepted by the API, %v", err))
			}
			return stage.NotTaken
		}
	}
	return stage.Accepted
}

//export NPFuzzOne
func NPFuzzOne(data *C.char, size C.int) C.int {
	text := C.GoBytes(unsafe.Pointer(data), size)
	return C.int(known.Run(func() int { return one(text) }, stage.KnownPanic))
}

func main() {}
